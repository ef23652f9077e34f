/** The size of a file: "812 bytes", "6.67 KiB", then as memory is written. */
import { bytes, decimal, plural } from '../../../shared/view/number-format.ts';

export function fileSize(n: number): string {
  if (n < 1024) return plural(n, 'byte');
  return n < 2 ** 20 ? `${decimal(n / 1024)} KiB` : bytes(n);
}
