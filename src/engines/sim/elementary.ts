/**
 * Logarithm and exponential by addition, multiplication and division alone: ECMAScript leaves the last bits of
 * `Math.log` and `Math.exp` to each engine, and a run must be the same in all.
 */

const { LN2 } = Math;
/** Terms of the series: the error is below the rounding of a double. */
const TERMS = 24;

/** The natural logarithm of a positive number. */
export function ln(value: number): number {
  let mantissa = value;
  let exponent = 0;
  while (mantissa > 1.5) {
    mantissa /= 2;
    exponent += 1;
  }
  while (mantissa < 0.75) {
    mantissa *= 2;
    exponent -= 1;
  }
  // ln m = 2 artanh((m - 1) / (m + 1))
  const ratio = (mantissa - 1) / (mantissa + 1);
  let power = ratio;
  let sum = 0;
  for (let term = 0; term < TERMS; term++) {
    sum += power / (2 * term + 1);
    power *= ratio * ratio;
  }
  return 2 * sum + exponent * LN2;
}

/** e to the power of a number between about -700 and 700. */
export function exp(value: number): number {
  const halvings = Math.round(value / LN2);
  const rest = value - halvings * LN2;
  let term = 1;
  let sum = 1;
  for (let index = 1; index < TERMS; index++) {
    term *= rest / index;
    sum += term;
  }
  for (let index = 0; index < halvings; index++) sum *= 2;
  for (let index = 0; index > halvings; index--) sum /= 2;
  return sum;
}

/** An exponential number of mean 1 from a uniform one, above 0 and at most 1. */
export function exponentialOf(uniform: number): number {
  return -ln(uniform);
}
