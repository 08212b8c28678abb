// Makes docs/configuration.md from the settings' schema and the catalog of conditions; `npx node scripts/config-docs.ts` writes it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SPAN_CONDITIONS, TRACE_CONDITIONS } from '#collector/decide/rules/condition-catalog.ts';
import { settingsMarkdown } from '#proto/config/help.ts';

/** Below the repository's root. */
export const CONFIG_DOCS_PATH = 'docs/configuration.md';

export function configDocs(): string {
  return `# Configuration

Made by \`scripts/config-docs.ts\` from \`proto/config/schema.ts\` and \`collector/decide/rules/condition-catalog.ts\`: edit those, not this page.

Without any setting Winnow runs: everything listens on 127.0.0.1, and stores into an embedded ClickHouse below \`data\`. Errors and slow traces are kept, and
everything else up to 20,000 spans a second ([\`sampling.rules\`](#sampling), \`sampling.budget\`).
One rule covers all settings: the key \`a.b\` of the YAML file given with \`--config FILE\` (or \`WINNOW_CONFIG\`) is the flag \`--a.b=VALUE\` and
the variable \`WINNOW_A_B\`. Flags win over variables, variables over the file. Durations carry their unit (\`500ms\`, \`1h30m\`), sizes may
(\`64MiB\`, \`2GB\`), IPv6 addresses stand in brackets (\`[::1]:4317\`, in YAML between quotes). A mistake ends the start with exit code 2 and names path,
value and remedy. An empty file means the defaults, and a warning says so.

Settings marked \`yes\` under reload change while Winnow runs: by themselves when the file changes, or with \`curl -X POST http://127.0.0.1:4321/reload\`
(the admin address, from the same machine), which answers with the outcome, or with SIGHUP, which answers in the log. A file with a mistake is refused whole
and what is in force stays; so is a file that lost its text (write \`{}\` if the defaults are meant). What waits in the buffer is decided by the new rules.

The file may also be an OpenTelemetry Collector's, or hold its \`tail_sampling:\` block: [collector-policies.md](collector-policies.md).

## Settings

${settingsMarkdown()}
## Rules

Rules are tried in order; the first that matches yields a probability, and a trace is kept if its randomness (tracestate \`ot=rv\`, else the
last 7 bytes of its id) is at least (1 - probability) · 2^56. What matches no rule is not kept. An incoming \`ot=th\` is never undercut.

\`\`\`yaml
sampling:
  rules:
    - { name: health checks, when: { root: { attributes: { url.path: [/healthz, /readyz] } } }, keep: 0% }
    - { name: errors,        when: { any: { status: error } }, keep: 100% }
    - { name: slow checkout, when: { root: { service: checkout }, duration: '> 800ms' }, keep: 100% }
    - { name: the rest, keep: 5% }
\`\`\`

\`name\` is unique. \`keep\` is a percentage from \`0%\` to \`100%\` with any number of decimals, or a fraction as \`1/3\`. \`when\` is absent for every trace.

\`keep\` may also be a rate that follows the traffic. \`{ adaptive: { goal: 10%, per: [service, route] } }\` keeps that share of all spans the rule
matches, \`{ throughput: { spans_per_second: 50, per: [service] } }\` that many spans per second; busy keys are thinned more than rare ones.
\`per\` lists \`service\`, \`route\`, \`name\`, \`status\` (error or ok) or attribute keys, all of the root. Every 15 s moving averages become
new probabilities; keys beyond 500 share one.

### Conditions on a trace

All conditions of one \`when\` must hold.

${conditionTable(TRACE_CONDITIONS)}
### Conditions on a span

They stand under \`root\`, \`any\` and \`all\`; all of one map must hold for the same span.

${conditionTable(SPAN_CONDITIONS)}
### Comparisons

| written | holds when |
|---|---|
| \`500\`, \`'500'\`, \`true\` | the value has the same type and is equal: an int, a text, a bool |
| \`'= 500.0'\` | the value is a double and equal |
| \`[a, b]\` or \`{ in: [a, b] }\` | it equals one of them |
| \`'!= a'\` | it is there and differs |
| \`'>= 500'\`, \`'< 2.5'\` | it is an int or a double and in that order, compared exactly; 0 is a bound like any other |
| \`{ '>=': 200, '<': 300 }\` | all of them |
| \`{ matches: '/api/.*' }\` or \`matches /api/.*\` | it is a text that the RE2 expression covers from end to end; begin and end with \`.*\` for a part |
| \`exists\`, \`missing\`, \`{ exists: false }\` | the key is there, or not; nothing else holds for a missing key |
`;
}

function conditionTable(conditions: readonly { key: string; description: string; example: string }[]): string {
  const rows = conditions.map(({ key, description, example }) => `| \`${key}\` | ${description} | \`${example}\` |`);
  return `${['| key | holds when | example |', '|---|---|---|', ...rows].join('\n')}\n`;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '..', CONFIG_DOCS_PATH);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, configDocs());
  console.log(`written: ${CONFIG_DOCS_PATH}`);
}
