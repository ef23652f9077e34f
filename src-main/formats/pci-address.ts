/** `0000:3b:00.0`, from the parts as libvirt writes them: decimal, or hexadecimal with `0x`. */
export function pciAddressOf(
  domain: string | null,
  bus: string | null,
  slot: string | null,
  fn: string | null,
): string | null {
  const parts = [domain, bus, slot, fn].map((part) =>
    part !== null && /^(?:0x[\da-f]{1,8}|\d{1,8})$/i.test(part) ? Number(part) : null,
  );
  if (parts.includes(null)) return null;
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  return `${hex(parts[0]!, 4)}:${hex(parts[1]!, 2)}:${hex(parts[2]!, 2)}.${hex(parts[3]!, 1)}`;
}
