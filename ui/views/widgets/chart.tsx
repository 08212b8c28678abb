// A time chart by uPlot in the page's own colours; dragging over it narrows the time range.
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { readPalette } from '#ui/draw/palette.ts';
import type { ChartData } from '#ui/shape/chart-data.ts';
import { shortCount, threeDigits } from '#ui/shape/format.ts';
import { seriesHue } from '#ui/shape/service-hue.ts';
import { axisTimes } from '#ui/shape/time-words.ts';
import { useReader } from '#ui/state/time-reader.ts';
import { useTheme } from '#ui/state/theme.ts';
import s from './chart.module.css';
import { useSize } from './use-size.ts';

/** Where nobody asks for another. */
const HEIGHT_PX = 300;

interface Props {
  readonly data: ChartData;
  readonly heightPx?: number;
  readonly hidden: ReadonlySet<number>;
  readonly focus: number | null;
  readonly startS: number;
  readonly endS: number;
  readonly onRange: (startS: number, endS: number) => void;
}

export function Chart({ data, heightPx = HEIGHT_PX, hidden, focus, startS, endS, onRange }: Props): ReactNode {
  const [ref, { width }] = useSize();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const range = useRef(onRange);
  useEffect(() => {
    range.current = onRange;
  }, [onRange]);
  const { dark } = useTheme();
  const read = useReader();
  const reader = useRef(read);
  useEffect(() => {
    reader.current = read;
    plot.current?.redraw(false, true);
  }, [read]);
  useEffect(() => {
    if (!host.current || width === 0) return undefined;
    const palette = readPalette(dark);
    const axis: uPlot.Axis = {
      stroke: palette.dim,
      font: `11px ${palette.sans}`,
      grid: { stroke: palette.line, width: 1 },
      ticks: { stroke: palette.line, width: 1, size: 4 },
    };
    const short = (_: uPlot, values: number[]): string[] =>
      values.map((v) => (Math.abs(v) >= 1000 ? shortCount(v) : threeDigits(v)));
    const options: uPlot.Options = {
      width,
      height: heightPx,
      scales: { x: { range: () => [startS, endS] } },
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      axes: [
        { ...axis, values: (_, times) => axisTimes(times, reader.current) },
        { ...axis, size: 56, values: short },
      ],
      series: [
        {},
        ...data.columns.map((_, i): uPlot.Series => ({
          stroke: palette.hue(seriesHue(i)),
          width: focus === i ? 2.5 : 1.25,
          alpha: focus === null || focus === i ? 1 : 0.3,
          show: !hidden.has(i),
          points: { show: data.times.length < 2 },
        })),
      ],
      hooks: {
        setSelect: [
          (u) => {
            if (u.select.width < 4) return;
            range.current(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
    plot.current = new uPlot(options, [[...data.times], ...data.columns.map((column) => [...column])], host.current);
    return () => plot.current?.destroy();
  }, [data, heightPx, width, dark, hidden, focus, startS, endS]);
  return (
    <div ref={ref} className={s.frame} style={{ minHeight: heightPx }} data-testid="chart">
      <div ref={host} />
    </div>
  );
}
