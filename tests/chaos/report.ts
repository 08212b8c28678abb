// The report of a run, in markdown: what was believed, what was done, what was measured, and whether the hypothesis held.
import type { Comparison, Verification } from './verifier.ts';
import type { Experiment } from './experiment.ts';

export interface Finding {
  readonly experiment: Experiment;
  /** 'impossible': this machine does not let it run. */
  readonly verdict: 'held' | 'failed' | 'impossible' | 'broken off';
  /** Why it is not 'held'. */
  readonly reasons: readonly string[];
  readonly seed: number;
  readonly seconds: number;
  readonly diary: readonly string[];
  readonly verification?: Verification | undefined;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Lines of a diary beyond this are left out in the middle. */
const MOST_DIARY_LINES = 40;

export function report(findings: readonly Finding[], commit: string): string {
  const summary = findings.map(
    ({ experiment, verdict, reasons, verification }) =>
      `| ${experiment.name} | ${verdict} | ${cell(verification?.spans)} | ${cell(verification?.logs)} | ${cell(verification?.points)} | ${verification === undefined ? '–' : verification.redCalls - verification.spans.stored} | ${reasons[0]?.replaceAll('|', '\\|').slice(0, 140) ?? ''} |`,
  );
  return [
    `# Chaos report (${commit})`,
    '',
    '| experiment | verdict | spans acknowledged / lost / doubled | log records | points | RED − stored spans | first reason |',
    '|---|---|---|---|---|---|---|',
    ...summary,
    '',
    ...findings.flatMap(section),
  ].join('\n');
}

function section({ experiment, verdict, reasons, seed, seconds, diary, verification, facts }: Finding): string[] {
  const numbers: [string, string | number][] = Object.entries(facts);
  if (verification !== undefined) {
    const { spans, logs, points, redCalls, spanCount, edgeCalls, edgesExpected, alarms, ledger } = verification;
    numbers.push(
      ['spans', told(spans)],
      ['log records', told(logs)],
      ['points', told(points)],
      ['RED calls', redCalls],
      ['sum of traces.span_count', spanCount],
      ['calls of edges', `${edgeCalls}, ${edgesExpected} expected`],
    );
    numbers.push(...Object.entries(alarms));
    if (ledger !== undefined)
      numbers.push(['ledger', `\`${ledger.replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, 1200)}\``]);
  }
  return [
    `## ${experiment.name}: ${verdict}`,
    '',
    `- **Hypothesis**: ${experiment.hypothesis}`,
    `- **Steady state**: ${experiment.steadyState}`,
    `- **Fault**: ${experiment.fault}`,
    `- **Blast radius**: ${experiment.blastRadius}`,
    `- **Broken off when**: ${experiment.abort}`,
    `- **Ran**: ${seconds.toFixed(0)} s, \`npm run chaos -- --experiment ${experiment.name} --seed ${seed}\``,
    '',
    ...reasons.map((reason) => `- ${verdict === 'held' ? '' : '**NOT**: '}${reason}`),
    ...(reasons.length === 0 ? [] : ['']),
    ...(numbers.length === 0
      ? []
      : [
          '| number | value |',
          '|---|---|',
          ...numbers.map(([name, value]) => `| ${name.replaceAll('|', '/')} | ${value} |`),
          '',
        ]),
    ...(diary.length === 0 ? [] : ['```', ...shortened(diary), '```', '']),
  ];
}

function shortened(diary: readonly string[]): readonly string[] {
  if (diary.length <= MOST_DIARY_LINES) return diary;
  const half = MOST_DIARY_LINES / 2;
  return [...diary.slice(0, half), `… ${diary.length - MOST_DIARY_LINES} lines …`, ...diary.slice(-half)];
}

function cell(comparison: Comparison | undefined): string {
  return comparison === undefined
    ? '–'
    : `${comparison.acknowledged} / ${strong(comparison.lost)} / ${strong(comparison.doubled)}`;
}

function strong(count: number): string {
  return count === 0 ? '0' : `**${count}**`;
}

function told({ sent, acknowledged, stored, lost, doubled, examples }: Comparison): string {
  return `${sent} sent, ${acknowledged} acknowledged, ${stored} stored, ${lost} lost, ${doubled} doubled${examples === '' ? '' : ` (${examples})`}`;
}
