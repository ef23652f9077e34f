/** Pictures as PNG files: of an SVG figure, and of what the view's canvases show. */

/** For figures: sharp on paper and on a dense screen. */
const SCALE = 2;

/** @throws Error when the browser cannot draw it. */
export async function pngOfSvg(svg: Uint8Array<ArrayBuffer>): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth * SCALE, image.naturalHeight * SCALE];
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await pngOf(canvas);
  } finally {
    URL.revokeObjectURL(url);
  }
}

export const canvasesOf = (view: Element | null): HTMLCanvasElement[] =>
  view === null ? [] : [...view.querySelectorAll('canvas')].filter(({ width, height }) => width > 0 && height > 0);

/** The canvases of a view where they stand, on its ground. Text beside them is not in it. */
export async function pngOfView(view: Element): Promise<Blob> {
  const ratio = devicePixelRatio;
  const boxes = canvasesOf(view).map((canvas) => ({ canvas, box: canvas.getBoundingClientRect() }));
  const left = Math.min(...boxes.map(({ box }) => box.left));
  const top = Math.min(...boxes.map(({ box }) => box.top));
  const sheet = document.createElement('canvas');
  sheet.width = Math.ceil((Math.max(...boxes.map(({ box }) => box.right)) - left) * ratio);
  sheet.height = Math.ceil((Math.max(...boxes.map(({ box }) => box.bottom)) - top) * ratio);
  const context = sheet.getContext('2d')!;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--page');
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const { canvas, box } of boxes) {
    const at = [(box.left - left) * ratio, (box.top - top) * ratio, box.width * ratio, box.height * ratio] as const;
    context.drawImage(canvas, ...at);
  }
  return pngOf(sheet);
}

function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error(`a picture of ${canvas.width} × ${canvas.height} is too large to be made`));
      else resolve(blob);
    }, 'image/png');
  });
}
