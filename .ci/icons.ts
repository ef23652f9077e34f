/**
 * `npm run icons`: the application's icons from build/icon.svg, drawn by Chromium: one PNG a size (Linux), one .ico (Windows)
 * and one .icns (macOS), so that a release needs no other tool to make them. Run when the SVG changes; the results are kept.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { findOrInstallBrowser, thisMachine } from '../e2e/browser.ts';

const folder = fileURLToPath(new URL('../build', import.meta.url));
const SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const ICO_SIZES = [16, 24, 32, 48, 64, 128, 256];
/** Types of entries that hold a PNG, by its size; the same picture serves as the double of half its size. */
const ICNS_TYPES: readonly (readonly [string, number])[] = [
  ...([
    ['ic07', 128],
    ['ic08', 256],
    ['ic09', 512],
    ['ic10', 1024],
  ] as const),
  ...([
    ['ic11', 32],
    ['ic12', 64],
    ['ic13', 256],
    ['ic14', 512],
  ] as const),
];

async function drawn(svg: string): Promise<ReadonlyMap<number, Buffer>> {
  const browser = await chromium.launch({
    executablePath: findOrInstallBrowser(thisMachine).path,
    args: ['--no-sandbox'],
  });
  const pictures = new Map<number, Buffer>();
  for (const size of SIZES) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
    await page.setContent(`<style>*{margin:0}img{display:block;width:100vw;height:100vh}</style><img src="${source}">`);
    pictures.set(size, await page.screenshot({ omitBackground: true }));
    await page.close();
  }
  await browser.close();
  return pictures;
}

function ico(pictures: ReadonlyMap<number, Buffer>): Buffer {
  const HEAD_BYTES = 6;
  const ENTRY_BYTES = 16;
  const head = Buffer.alloc(HEAD_BYTES + ENTRY_BYTES * ICO_SIZES.length);
  head.writeUInt16LE(1, 2); // icons, not cursors
  head.writeUInt16LE(ICO_SIZES.length, 4);
  let place = head.length;
  ICO_SIZES.forEach((size, index) => {
    const at = HEAD_BYTES + ENTRY_BYTES * index;
    const bytes = pictures.get(size)!.length;
    head.writeUInt8(size % 256, at); // 0 stands for 256
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4); // planes
    head.writeUInt16LE(32, at + 6); // bits a pixel
    head.writeUInt32LE(bytes, at + 8);
    head.writeUInt32LE(place, at + 12);
    place += bytes;
  });
  return Buffer.concat([head, ...ICO_SIZES.map((size) => pictures.get(size)!)]);
}

function icns(pictures: ReadonlyMap<number, Buffer>): Buffer {
  const entry = (type: string, content: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32BE(head.length + content.length, 4);
    return Buffer.concat([head, content]);
  };
  return entry('icns', Buffer.concat(ICNS_TYPES.map(([type, size]) => entry(type, pictures.get(size)!))));
}

const pictures = await drawn(readFileSync(join(folder, 'icon.svg'), 'utf8'));
mkdirSync(join(folder, 'icons'), { recursive: true });
for (const [size, picture] of pictures) writeFileSync(join(folder, 'icons', `${size}x${size}.png`), picture);
writeFileSync(join(folder, 'icon.ico'), ico(pictures));
writeFileSync(join(folder, 'icon.icns'), icns(pictures));
