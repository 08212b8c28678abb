// A small line of a trend, and of the errors in it.
import type { ReactNode } from 'react';
import s from './sparkline.module.css';

const WIDTH = 120;
const HEIGHT = 22;

/** SVG path of values scaled to `most`. */
function linePath(values: readonly number[], most: number, width: number, height: number): string {
  if (values.length < 2 || most <= 0) return '';
  const step = width / (values.length - 1);
  return values
    .map(
      (v, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(height - 1 - (v / most) * (height - 2)).toFixed(1)}`,
    )
    .join('');
}

export function Sparkline({
  values,
  errors,
  label,
}: {
  readonly values: readonly number[];
  readonly errors: readonly number[];
  readonly label: string;
}): ReactNode {
  const most = Math.max(0, ...values);
  return (
    <svg
      className={s.spark}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
    >
      <path className={s.line} d={linePath(values, most, WIDTH, HEIGHT)} />
      {errors.some((e) => e > 0) && <path className={s.errors} d={linePath(errors, most, WIDTH, HEIGHT)} />}
    </svg>
  );
}
