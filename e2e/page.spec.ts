import { expect, test } from '@playwright/test';

test('the page says that the window is not there yet, and where the job is done', async ({ page }) => {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await page.goto(new URL('../out/renderer/index.html', import.meta.url).href);
  await expect(page.getByRole('heading', { name: 'Pageshift' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('npm start');
  expect(errors).toEqual([]);
});
