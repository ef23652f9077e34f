/** Gives a file to the browser, which keeps it where it keeps downloads. */
export function download(name: string, mime: string, content: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([content], { type: mime }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun with the click; its source is let go after it was read.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
