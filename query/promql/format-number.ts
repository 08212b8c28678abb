// Numbers as Go prints them: in API answers, in label values, in messages.

/** Shortest digits; an exponent below 1e-6 and from 1e21 on: the form of values in JSON answers. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  return padExponent(String(value));
}

function padExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Go's 'f' with the fewest digits: never an exponent. Label values of count_values and the printer use it. */
export function formatPlain(value: number): string {
  const text = formatValue(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', first = '', rest = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  const digits = first + rest;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, '0');
}

/** Shortest digits with an exponent of at least two digits. */
export function formatExponential(value: number): string {
  return padExponent(value.toExponential());
}

/** Go's %g: an exponent below 1e-4 and from 1e6 on. */
export function formatGo(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude > 0 && Number.isFinite(magnitude) && (magnitude < 1e-4 || magnitude >= 1e6))
    return formatExponential(value);
  return formatValue(value);
}
