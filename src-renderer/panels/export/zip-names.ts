/** The names of the files in an archive that stores them whole, from its first file on. */
export function zipNames(archive: Uint8Array): readonly string[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const names: string[] = [];
  let at = 0;
  while (at + 30 <= archive.length && view.getUint32(at, true) === 0x04034b50) {
    const [size, name, extra] = [
      view.getUint32(at + 18, true),
      view.getUint16(at + 26, true),
      view.getUint16(at + 28, true),
    ];
    names.push(new TextDecoder().decode(archive.subarray(at + 30, at + 30 + name)));
    at += 30 + name + extra + size;
  }
  return names;
}
