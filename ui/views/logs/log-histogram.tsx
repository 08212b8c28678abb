// How many records over time, the errors among them red; a click narrows the range to that time.
import type { ReactNode } from 'react';
import type { Answer } from '#ui/load/api.ts';
import { count } from '#ui/shape/format.ts';
import { useTimeWords } from '#ui/state/time-reader.ts';
import s from './logs-page.module.css';

const HEIGHT = 64;
const BIN = 10;
/** Bins of the whole range, as the contract has them; empty ones may be left out of an answer. */
const BINS = 60;

interface Props {
  readonly bins: Answer<'logs'>['histogram'];
  readonly startNs: string;
  readonly endNs: string;
  readonly onRange: (startNs: string, endNs: string) => void;
}

export function LogHistogram({ bins, startNs, endNs, onRange }: Props): ReactNode {
  const { when } = useTimeWords();
  const most = bins.reduce((m, b) => Math.max(m, b.records), 1);
  const start = BigInt(startNs);
  const binNs = (BigInt(endNs) - start) / BigInt(BINS);
  const place = (time: string): number => (binNs > 0n ? Number(((BigInt(time) - start) * 1000n) / binNs) / 1000 : 0);
  const height = (records: number): number => (records === 0 ? 0 : Math.max(1.5, (records / most) * (HEIGHT - 4)));
  return (
    <svg
      className={s.histogram}
      viewBox={`0 0 ${BINS * BIN} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Records over time"
    >
      <line className={s.base} x1="0" x2={BINS * BIN} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      {bins.map((bin) => (
        <g key={bin.time} className={s.bin} onClick={() => onRange(bin.time, String(BigInt(bin.time) + binNs))}>
          <title>{`${when(bin.time, 0)}: ${count(bin.records)} records, ${count(bin.errors)} errors`}</title>
          <rect className={s.hit} x={place(bin.time) * BIN} y="0" width={BIN} height={HEIGHT} />
          <rect
            className={s.bar}
            x={place(bin.time) * BIN + 1}
            y={HEIGHT - height(bin.records)}
            width={BIN - 2}
            height={height(bin.records)}
          />
          <rect
            className={s.errors}
            x={place(bin.time) * BIN + 1}
            y={HEIGHT - height(bin.errors)}
            width={BIN - 2}
            height={height(bin.errors)}
          />
        </g>
      ))}
    </svg>
  );
}
