// Floats with a given number of digits, rounded as Go rounds: exactly, and halves to the even digit.

/** A double has no more digits behind the point than this. */
const MAX_EXACT_DECIMALS = 1_074;

const BITS = new DataView(new ArrayBuffer(8));

const MANTISSA_BITS = 52;
const HEX_DIGITS = MANTISSA_BITS / 4;

/** mantissa × 2^exponent; the value must be finite, its sign is left out. */
function partsOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  BITS.setFloat64(0, Math.abs(value));
  const bits = BITS.getBigUint64(0);
  const exponentBits = Number(bits >> 52n);
  const mantissa = (bits & 0xfffffffffffffn) | (exponentBits === 0 ? 0n : 1n << 52n);
  return { mantissa, exponent: Math.max(exponentBits, 1) - 1075 };
}

/** The value as a fraction of integers; it must be finite and not negative. */
function fractionOf(value: number): { readonly top: bigint; readonly bottom: bigint } {
  const { mantissa, exponent } = partsOf(value);
  return exponent >= 0
    ? { top: mantissa << BigInt(exponent), bottom: 1n }
    : { top: mantissa, bottom: 1n << BigInt(-exponent) };
}

/** value × 10^power, rounded half to even. */
function scaled(value: number, power: number): bigint {
  const { top, bottom } = fractionOf(value);
  const up = power >= 0 ? top * 10n ** BigInt(power) : top;
  const down = power >= 0 ? bottom : bottom * 10n ** BigInt(-power);
  const whole = up / down;
  const twice = (up % down) * 2n;
  return twice > down || (twice === down && whole % 2n === 1n) ? whole + 1n : whole;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return undefined;
}

function signOf(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : '';
}

/** Go's %f. */
export function formatFixed(value: number, decimals: number): string {
  const word = special(value);
  if (word !== undefined) return word;
  const exact = Math.min(decimals, MAX_EXACT_DECIMALS);
  const digits = scaled(Math.abs(value), exact)
    .toString()
    .padStart(exact + 1, '0');
  const point = digits.length - exact;
  const part = (digits.slice(point) + '0'.repeat(decimals - exact)).slice(0, decimals);
  return signOf(value) + digits.slice(0, point) + (decimals === 0 ? '' : `.${part}`);
}

/** The first `count` significant digits and the power of ten of the first one. */
function significant(magnitude: number, count: number): { readonly digits: string; readonly exponent: number } {
  if (magnitude === 0) return { digits: '0'.repeat(count), exponent: 0 };
  const exact = Math.min(count, MAX_EXACT_DECIMALS);
  let exponent = Number(magnitude.toExponential().split('e')[1]);
  let digits = scaled(magnitude, exact - 1 - exponent).toString();
  // The shortest digits of a subnormal number may begin one place too high.
  if (digits.length < exact) digits = scaled(magnitude, exact - 1 - --exponent).toString();
  const padded = digits + '0'.repeat(count - exact);
  return digits.length > exact
    ? { digits: padded.slice(0, count), exponent: exponent + 1 }
    : { digits: padded, exponent };
}

function withExponent(digits: string, exponent: number): string {
  const part = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${digits[0] ?? '0'}${part}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Go's %e. */
export function formatScientific(value: number, decimals: number): string {
  const word = special(value);
  if (word !== undefined) return word;
  const { digits, exponent } = significant(Math.abs(value), decimals + 1);
  return signOf(value) + withExponent(digits, exponent);
}

/** Go's %g: so many significant digits, without zeros at the end. */
export function formatSignificant(value: number, precision: number): string {
  const word = special(value);
  if (word !== undefined) return word;
  const count = Math.max(1, precision);
  const { digits, exponent } = significant(Math.abs(value), count);
  const short = digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= count) return signOf(value) + withExponent(short, exponent);
  if (exponent < 0) return `${signOf(value)}0.${'0'.repeat(-exponent - 1)}${short}`;
  const whole = short.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const part = short.slice(exponent + 1);
  return signOf(value) + whole + (part === '' ? '' : `.${part}`);
}

/** Go's %b: the mantissa as an integer, and a power of two. */
export function formatBinary(value: number): string {
  const word = special(value);
  if (word !== undefined) return word;
  const { mantissa, exponent } = partsOf(value);
  return `${signOf(value)}${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** Go's %x: `0x1.8p+01`, with as few digits as needed where no number of them is asked for. */
export function formatHexadecimal(value: number, digits: number | undefined): string {
  const word = special(value);
  if (word !== undefined) return word;
  let { mantissa, exponent } = partsOf(value);
  while (mantissa !== 0n && mantissa >> BigInt(MANTISSA_BITS) === 0n) {
    mantissa <<= 1n;
    exponent--;
  }
  exponent = mantissa === 0n ? 0 : exponent + MANTISSA_BITS;
  if (digits !== undefined && digits < HEX_DIGITS) {
    const dropped = BigInt(MANTISSA_BITS - 4 * digits);
    const half = 1n << (dropped - 1n);
    const rest = mantissa & ((1n << dropped) - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa++;
    mantissa <<= dropped;
    if (mantissa >> BigInt(MANTISSA_BITS + 1) !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const all = (mantissa & 0xfffffffffffffn).toString(16).padStart(HEX_DIGITS, '0');
  const part = digits === undefined ? all.replace(/0+$/, '') : all.padEnd(digits, '0').slice(0, digits);
  const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return `${signOf(value)}0x${mantissa === 0n ? 0 : 1}${part === '' ? '' : `.${part}`}p${power}`;
}
