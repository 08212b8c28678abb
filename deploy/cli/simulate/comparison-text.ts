// A comparison of two configurations as tables for people: per rule and per service, then the traces that change sides.
import type { Amount, ComparedRow, SimulateResponse, SimulatedExample } from '#proto/api/simulate.ts';
import { alignedTable } from './aligned-table.ts';

const HEAD = ['traces kept: before', 'spans kept: before', 'bytes kept: before'];
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function comparisonText(comparison: SimulateResponse): string {
  const {
    exact,
    basis,
    by_rule: rules,
    by_service: services,
    total,
    newly_lost: lost,
    newly_kept: kept,
    notes,
  } = comparison;
  const mark = exact ? '' : ' (after: estimated, ± standard error)';
  const parts = [
    `${basis.traces} ${exact ? 'traces' : `of ${basis.stored} stored traces`}, ${basis.spans} spans decided again${mark}\n`,
    rows('rule', [...rules, total]),
    rows(comparison.services === 'span' ? 'service' : 'service of the root', services),
    changed('newly lost', lost.traces, lost.examples),
    changed('newly kept', kept.traces, kept.examples),
    notes.map((note) => `note: ${note}\n`).join(''),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function rows(title: string, compared: readonly ComparedRow[]): string {
  const lines = compared.map(({ name, before, after }) => [
    name,
    ...(['traces', 'spans', 'bytes'] as const).flatMap((unit) => {
      const show = unit === 'bytes' ? bytesText : countText;
      const error =
        after.kept_error === undefined || after.kept_error[unit] === 0 ? '' : ` ±${show(after.kept_error[unit])}`;
      return [show(before.kept[unit]), `${show(after.kept[unit])}${error}`, difference(before.kept, after.kept, unit)];
    }),
  ]);
  return alignedTable([[title, ...HEAD.flatMap((word) => [word, 'after', 'difference'])], ...lines]);
}

function difference(before: Amount, after: Amount, unit: keyof Amount): string {
  const value = after[unit] - before[unit];
  const show = unit === 'bytes' ? bytesText : countText;
  const text = show(Math.abs(value));
  if (text === show(0)) return '0';
  const share = before[unit] === 0 ? '' : ` (${value < 0 ? '-' : '+'}${percent(Math.abs(value) / before[unit])})`;
  return `${value < 0 ? '-' : '+'}${text}${share}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}

function changed(title: string, traces: number, examples: readonly SimulatedExample[]): string {
  const count = Math.round(traces);
  if (count === 0) return `${title}: none\n`;
  const lines = examples.map((one) => [
    `  ${one.trace_id}`,
    `${one.root_service} ${one.root_name}`,
    `${(one.duration_ns / 1e6).toFixed(1)} ms`,
    `${one.span_count} spans`,
    `${one.error_count} errors`,
    `${one.rule_before} → ${one.rule_after}`,
  ]);
  // What was dropped is not stored: its number is estimated, and there is nothing to show.
  const more = examples.length === 0 ? ', by estimate' : count > examples.length ? ', for example' : '';
  return `${title}: ${count} ${count === 1 ? 'trace' : 'traces'}${more}\n${alignedTable(lines, new Set([0, 1, 5]))}`;
}

function countText(value: number): string {
  return String(Math.round(value));
}

/** Decimal units, three digits. */
function bytesText(value: number): string {
  let rest = value;
  let unit = 0;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(rest) : Number(rest.toPrecision(3))} ${UNITS[unit]}`;
}
