// How many records over time, the errors among them red; a click narrows the range to that time.
import type { ReactNode } from 'react';
import type { Answer } from '../load/api.ts';
import { clock, count } from '../shape/format.ts';
import s from './logs-page.module.css';

const HEIGHT = 64;
const BIN = 10;

type Props = { readonly bins: Answer<'logs'>['histogram']; readonly endNs: string; readonly onRange: (startNs: string, endNs: string) => void };

export function LogHistogram({ bins, endNs, onRange }: Props): ReactNode {
  const most = bins.reduce((m, b) => Math.max(m, b.records), 1);
  const height = (records: number): number => (records === 0 ? 0 : Math.max(1.5, (records / most) * (HEIGHT - 4)));
  return (
    <svg className={s.histogram} viewBox={`0 0 ${Math.max(1, bins.length) * BIN} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label="Records over time">
      <line className={s.base} x1="0" x2={bins.length * BIN} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      {bins.map((bin, i) => (
        <g key={bin.time} className={s.bin} onClick={() => onRange(bin.time, bins[i + 1]?.time ?? endNs)}>
          <title>{`${clock(bin.time, 0)}: ${count(bin.records)} records, ${count(bin.errors)} errors`}</title>
          <rect className={s.hit} x={i * BIN} y="0" width={BIN} height={HEIGHT} />
          <rect className={s.bar} x={i * BIN + 1} y={HEIGHT - height(bin.records)} width={BIN - 2} height={height(bin.records)} />
          <rect className={s.errors} x={i * BIN + 1} y={HEIGHT - height(bin.errors)} width={BIN - 2} height={height(bin.errors)} />
        </g>
      ))}
    </svg>
  );
}
