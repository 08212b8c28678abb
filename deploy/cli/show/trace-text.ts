// One rebuilt trace drawn for a terminal: the tree, corrected times, bars with the critical path filled, hosts and warnings.
import type { ShownSpan, ShownTrace } from './trace-json.ts';

/** Columns of a bar at the usual 80 and at wide terminals. */
const MIN_BAR = 24;
const MAX_BAR = 60;
/** Columns beside the bar and the label. */
const FIGURES = 26;
/** Deeper levels are drawn at this depth: a chain of 100,000 spans must not make lines of 200,000 columns. */
const MAX_INDENT = 20;

/** @param columns width of the terminal */
export function traceText(trace: ShownTrace, columns: number): string {
  const times = trace.spans.map((span) => ({
    from: BigInt(span.start),
    to: BigInt(span.start) + BigInt(span.duration),
  }));
  let first = times[0]?.from ?? 0n;
  let last = times[0]?.to ?? 0n;
  for (const { from, to } of times) {
    if (from < first) first = from;
    if (to > last) last = to;
  }
  const total = Number(last - first);
  const barWidth = Math.min(MAX_BAR, Math.max(MIN_BAR, Math.floor((columns - FIGURES) / 2)));
  const labelWidth = Math.max(20, columns - FIGURES - barWidth);
  const depths = new Map<string, number>();
  const lines = [`trace ${trace.trace_id}  ${trace.spans.length} spans  ${milliseconds(total)} ms`];
  for (const [i, span] of trace.spans.entries()) {
    const depth = span.parent_id === '' ? 0 : (depths.get(span.parent_id) ?? 0) + 1;
    depths.set(span.span_id, depth);
    const indent = depth > MAX_INDENT ? `${'  '.repeat(MAX_INDENT)}+${depth - MAX_INDENT} ` : '  '.repeat(depth);
    const label =
      span.synthetic === true
        ? `(span ${span.span_id} never came)`
        : `${printable(span.service)} ${printable(span.name)}`;
    const text = `${indent}${label}`.slice(0, labelWidth).padEnd(labelWidth);
    const from = Number(times[i]!.from - first);
    lines.push(
      `${text} ${milliseconds(from).padStart(11)} ${milliseconds(Number(span.duration)).padStart(11)} ${bar(span, first, total, from, barWidth)}`,
    );
  }
  for (const { host, offset, error } of trace.hosts) {
    if (offset !== '0')
      lines.push(
        `clock of ${printable(host)}: ${offset.startsWith('-') ? '' : '+'}${milliseconds(Number(offset))} ms ± ${milliseconds(Number(error))} ms`,
      );
  }
  for (const { kind, span_id } of trace.warnings) lines.push(`warning ${kind}: span ${span_id}`);
  return `${lines.join('\n')}\n`;
}

/** █ where the trace waited for the span, ░ where it ran besides. */
function bar(span: ShownSpan, first: bigint, totalNs: number, fromNs: number, width: number): string {
  const cells = Array.from({ length: width }, () => ' ');
  const fill = (from: number, to: number, mark: string): void => {
    const scale = totalNs === 0 ? 0 : width / totalNs;
    const start = Math.min(width - 1, Math.floor(from * scale));
    const end = Math.max(start + 1, Math.min(width, Math.ceil(to * scale)));
    cells.fill(mark, start, end);
  };
  fill(fromNs, fromNs + Number(span.duration), '░');
  for (const [from, to] of span.critical) fill(Number(BigInt(from) - first), Number(BigInt(to) - first), '█');
  return cells.join('').trimEnd();
}

function milliseconds(ns: number): string {
  return (ns / 1e6).toFixed(3);
}

/** Names come from whoever sent the spans: no escape sequence of theirs reaches the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');
}
