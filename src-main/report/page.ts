/** One self-contained page: its style inside, nothing remote, nothing that runs. */
import { h, write } from './markup.ts';
import type { Child } from './markup.ts';

/** @param style the whole style sheet. */
export function page(title: string, style: string, body: Child): string {
  const whole = h(
    'html',
    { lang: 'en' },
    h(
      'head',
      {},
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: "default-src 'none'; style-src 'unsafe-inline'" }),
      h('title', {}, title),
      h('style', {}, { verbatim: style }),
    ),
    h('body', {}, body),
  );
  return `<!DOCTYPE html>\n${write(whole)}`;
}
