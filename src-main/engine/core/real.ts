/**
 * Logarithm, exponential and power from the four exactly rounded operations only. Math.log and friends may differ in
 * the last bit between engines, and one bit would change a world's hash. Accuracy: relative error below 1e-14 on the
 * ranges that the engine uses.
 */

const LN2_HI = 0.6931471803691238; // the upper bits of ln 2; LN2_HI + LN2_LO = ln 2 to 2^-85 (fdlibm's split)
const LN2_LO = 1.9082149292705877e-10;

/** 1/20, 1/19, ..., 1/1. */
const EXP_TERMS = Array.from({ length: 20 }, (_, i) => 1 / (20 - i));

/** A double and its upper 32 bits: sign, exponent and the first bits of the mantissa. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
/** 2^i, for the exponents of numbers drawn from (0, 1). */
const POWERS = Float64Array.from({ length: 64 }, (_, i) => powerOf2(i));

/** Natural logarithm of a finite x > 0. */
export function ln(x: number): number {
  // x = m 2^exponent with 0.75 <= m < 1.5; exact, since only the exponent changes.
  double[0] = x;
  const high = halves[1]!;
  let exponent = (high >>> 20) - 1023 + ((high >>> 19) & 1);
  let m = x;
  if (exponent <= 0 && exponent > -64) {
    m = x * POWERS[-exponent]!;
  } else {
    exponent = 0;
    for (; m >= 1.5; m /= 2) exponent++;
    for (; m < 0.75; m *= 2) exponent--;
  }
  // ln m = 2 atanh((m - 1) / (m + 1)); |z| <= 0.2, so 13 terms leave less than 1e-19.
  const z = (m - 1) / (m + 1);
  const z2 = z * z;
  // Written out: a lifetime is drawn for every page of every guest.
  let sum = (((1 / 25) * z2 + 1 / 23) * z2 + 1 / 21) * z2 + 1 / 19;
  sum = (((sum * z2 + 1 / 17) * z2 + 1 / 15) * z2 + 1 / 13) * z2 + 1 / 11;
  sum = (((sum * z2 + 1 / 9) * z2 + 1 / 7) * z2 + 1 / 5) * z2 + 1 / 3;
  sum = sum * z2 + 1;
  return exponent * LN2_HI + (2 * z * sum + exponent * LN2_LO);
}

/** e^x for |x| up to 700. */
export function exp(x: number): number {
  const k = Math.round(x / LN2_HI);
  const r = x - k * LN2_HI - k * LN2_LO; // |r| <= ln2 / 2
  let sum = 1;
  for (const term of EXP_TERMS) sum = 1 + r * term * sum;
  return k < 0 ? sum / powerOf2(-k) : sum * powerOf2(k);
}

/** 2^k for 0 <= k <= 1023, exact. */
function powerOf2(k: number): number {
  let left = k;
  let power = 1;
  for (; left >= 30; left -= 30) power *= 0x4000_0000;
  return power * (1 << left);
}

/** x^y for x > 0. */
export const pow = (x: number, y: number): number => exp(y * ln(x));
