// Which folder may import which, and which files may read clocks, draw random numbers, wait, and use disk, network and threads.
import path from 'node:path';

/** Path from the root of the repository to text. */
export type Sources = ReadonlyMap<string, string>;

const EVERYTHING = ['proto', 'collector', 'query', 'ui', 'deploy', 'tests', 'scripts'];

/**
 * Folder to the folders that its files may import from; its own is always allowed. A file belongs to the longest key that its path starts with.
 * A named folder includes its subfolders. `x/*` means only the files directly in the folder x, without its subfolders.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'proto/admin': ['proto/api'],
  'proto/api': ['proto/config', 'proto/otlp', 'proto/search'],
  'proto/config': ['proto/model'],
  // Computed by the collector for what it stores, and by query for the trace it answers with.
  'proto/critical-path': ['proto/otlp'],
  'proto/log': [],
  'proto/model': [],
  'proto/otlp': ['proto/model', 'proto/wire'],
  'proto/prometheus': ['proto/wire'],
  // The language of search: the server compiles it, the browser completes and prints it.
  'proto/search': ['proto/config'],
  'proto/tables': [],
  'proto/wire': ['proto/model'],

  // main.ts and pipeline.ts join all stages.
  'collector/*': ['proto', 'collector'],
  'collector/admin': ['proto', 'collector'],
  'collector/admit': ['proto', 'collector/receive', 'collector/model'],
  // A large request is checked by the index that reads it afterwards.
  'collector/admit/large-requests': [
    'proto',
    'collector/admit',
    'collector/receive',
    'collector/model',
    'collector/assemble',
  ],
  'collector/assemble': ['proto', 'collector/model'],
  'collector/audit': ['proto', 'collector/model', 'collector/store', 'collector/self'],
  'collector/config': ['proto'],
  'collector/data-directory': ['proto'],
  'collector/decide': ['proto', 'collector/model', 'collector/assemble', 'collector/reconstruct'],
  'collector/derive': ['proto', 'collector/model', 'collector/reconstruct'],
  'collector/logs': [
    'proto',
    'collector/model',
    'collector/assemble',
    'collector/decide',
    'collector/receive',
    'collector/rows',
    'collector/self',
    'collector/store',
  ],
  'collector/metrics': ['proto', 'collector/receive', 'collector/self', 'collector/store'],
  'collector/model': ['proto'],
  'collector/overload': ['proto', 'collector/model', 'collector/assemble', 'collector/decide'],
  'collector/rebuild': [
    'proto',
    'collector/model',
    'collector/assemble',
    'collector/reconstruct',
    'collector/rows',
    'collector/store',
  ],
  'collector/receive': ['proto', 'collector/model'],
  'collector/reconstruct': ['proto', 'collector/model'],
  'collector/rescue': ['proto', 'collector/model', 'collector/assemble', 'collector/decide'],
  'collector/rows': [
    'proto',
    'collector/model',
    'collector/assemble',
    'collector/decide',
    'collector/derive',
    'collector/metrics',
    'collector/reconstruct',
    'collector/store',
  ],
  // The collector without its sockets, as the process and the simulation run it, and what ties its stages to disk, store and clock.
  'collector/run': ['proto', 'collector'],
  'collector/self': ['proto', 'collector/model', 'collector/receive'],
  'collector/shard': [
    'proto',
    'collector/model',
    'collector/assemble',
    'collector/decide',
    'collector/derive',
    'collector/overload',
    'collector/receive',
    'collector/reconstruct',
    'collector/rescue',
    'collector/rows',
    'collector/self',
    'collector/wal',
  ],
  'collector/simulate': ['proto', 'collector/model', 'collector/assemble', 'collector/decide', 'collector/reconstruct'],
  'collector/store': ['proto', 'collector/time', 'collector/model'],
  'collector/time': [],
  'collector/wal': ['proto', 'collector/model', 'collector/receive'],

  'query/*': ['proto', 'query'],
  // Parse, ask a contract of the store, shape: each dialect for itself.
  'query/api/own': ['proto', 'query/collector', 'query/simulate', 'query/store'],
  'query/api/prometheus': ['proto', 'query/evaluation', 'query/promql', 'query/rules'],
  'query/collector': ['proto'],
  // From a query's text to the answer's, in threads with a way to the store of their own.
  'query/evaluation': ['query/api/prometheus', 'query/promql', 'query/store'],
  'query/promql': [],
  'query/rules': ['proto/config', 'query/promql'],
  // What runs rules in the process of query, and what sends their alerts.
  'query/rules/alertmanager': ['proto', 'query/rules', 'query/self'],
  'query/rules/run': ['proto', 'query/evaluation', 'query/promql', 'query/rules', 'query/self'],
  'query/self': [],
  // Trying rules on stored traces takes the collector's own rules: the one place where query needs more than proto.
  'query/simulate': ['proto', 'query/store', 'collector/simulate'],
  // SQL, and nothing of HTTP. The contract of series is the PromQL engine's own: promql/storage.ts.
  'query/store': ['proto/model', 'proto/otlp', 'proto/search', 'proto/tables', 'query/promql'],

  'ui/*': ['ui'],
  'ui/draw': ['ui/layout', 'ui/shape'],
  'ui/layout': ['ui/shape'],
  'ui/load': ['proto/api'],
  'ui/shape': ['proto/api', 'proto/search'],
  'ui/state': ['proto/search', 'ui/layout', 'ui/load', 'ui/shape'],
  'ui/views': ['proto/api', 'proto/otlp', 'proto/search', 'ui/draw', 'ui/layout', 'ui/load', 'ui/shape', 'ui/state'],

  'deploy/*': ['proto', 'deploy/embedded-clickhouse'],
  // The tools are put together here, out of what the collector runs, too.
  'deploy/cli': ['proto', 'deploy', 'collector', 'query/promql', 'query/rules'],
  'deploy/demo': ['proto', 'deploy/replay'],
  'deploy/embedded-clickhouse': ['proto'],
  'deploy/replay': ['proto'],

  tests: EVERYTHING,
  scripts: EVERYTHING,
};

/** Folders that have a face: of them other folders of the product may import these files only, or files in these folders. */
const FACES: Readonly<Record<string, readonly string[]>> = {
  'collector/shard': [
    'collector/shard/messages.ts',
    'collector/shard/shard-counts.ts',
    'collector/shard/stage-settings.ts',
    'collector/shard/hosts',
  ],
};
/** They look behind faces. */
const LOOK_BEHIND = ['tests', 'scripts'];

/** What makes a run differ from the one before: it is handed in as a parameter, so that a virtual day runs in seconds. */
const IMPURE: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bperformance\.now\b/,
  /\bprocess\.hrtime\b/,
  /\bMath\.random\b/,
  /\b(?:randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues)\b/,
  /\b(?:setTimeout|setInterval|setImmediate)\b/,
  /'node:(?:fs|fs\/promises|net|http|http2|https|tls|dgram|dns|timers|timers\/promises|worker_threads|child_process)'/,
];
/** Folders whose files run on the machine itself. */
const IMPURE_FOLDERS = [
  'deploy',
  'tests',
  'scripts',
  'collector/receive',
  'collector/data-directory',
  'collector/time',
];
/** Files of the others that do, and nothing else in them needs a test with a clock or disk of its own. */
const IMPURE_FILES: ReadonlySet<string> = new Set([
  'collector/main.ts',
  'collector/run/open-store.ts',
  'collector/run/open-wal.ts',
  'collector/run/own-data.ts',
  'collector/run/run-ticks.ts',
  'collector/run/watch-disk.ts',
  'collector/run/watch-engine.ts',
  'collector/admit/large-requests/check-queue.ts',
  'collector/admit/large-requests/check-thread.ts',
  'collector/audit/audit-files.ts',
  'collector/audit/start-audit.ts',
  'collector/config/load.ts',
  'collector/config/watch-file.ts',
  'collector/rebuild/rebuild-thread.ts',
  'collector/rebuild/thread.ts',
  'collector/rescue/segment-disk.ts',
  'collector/run/collector-core.ts',
  'collector/store/spool-files.ts',
  'collector/wal/log-files.ts',
  'collector/wal/write-ahead-log.ts',
  'query/main.ts',
  'query/serve-ui.ts',
  'query/server.ts',
  'query/collector/forward-write.ts',
  'query/former-query.ts',
  'query/evaluation/evaluation-thread.ts',
  'query/evaluation/thread-pool.ts',
  'query/evaluation/thread.ts',
  'query/promql/engine.ts',
  'query/rules/run/clock.ts',
  'query/rules/run/rule-files.ts',
  'query/rules/run/start-rules.ts',
  'query/rules/run/watch-rules.ts',
  'query/simulate/run-simulation.ts',
  'query/simulate/worker.ts',
  'ui/state/now.tsx',
  'ui/state/settled.ts',
  'ui/vite.config.ts',
  'ui/views/widgets/state-message.tsx',
  'ui/views/trace/trace-head.tsx',
]);

const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;
/** Of node:net, what only computes. */
const ADDRESSES = /import \{ (?:(?:BlockList|isIP|isIPv4|isIPv6)(?:, )?)+ \} from 'node:net';/;
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

/** @returns one sentence for each violation; empty: the sources keep to the table */
export function violationsIn(sources: Sources): string[] {
  const violations = [...sources].flatMap(([file, text]) => violationsOf(file, text));
  for (const file of IMPURE_FILES)
    if (!sources.has(file)) violations.push(`${file}: is listed as impure in scripts/layers.ts and is not there`);
  return violations;
}

/** The same of one file. */
export function violationsOf(file: string, text: string): string[] {
  if (!file.includes('/')) return []; // configuration of tools
  const row = rowOf(file);
  if (row === undefined) return [`${file}: its folder has no row in scripts/layers.ts`];
  const violations = importsOf(file, text, row);
  const impure = impureIn(text);
  if (impure !== undefined && isPure(file))
    violations.push(`${file}: clock, randomness, timers, disk, network and threads are handed in (${impure})`);
  if (impure === undefined && IMPURE_FILES.has(file))
    violations.push(`${file}: is pure by now, and still listed as impure in scripts/layers.ts`);
  if (/^export default/m.test(text) && !file.endsWith('.config.ts')) violations.push(`${file}: no default exports`);
  if (/(^|\/)index\.tsx?$/.test(file) && !file.startsWith('ui/')) violations.push(`${file}: no barrels`);
  return violations;
}

function importsOf(file: string, text: string, row: string): string[] {
  const allowed = [row, ...MAY_IMPORT[row]!];
  const violations: string[] = [];
  for (const [, specifier = ''] of text.matchAll(IMPORT)) {
    const target = targetOf(file, specifier);
    if (target === undefined) {
      if (file.startsWith('proto/') && specifier.startsWith('node:'))
        violations.push(`${file}: proto runs in the browser too and may not use ${specifier}`);
    } else if (!allowed.some((folder) => isIn(target, folder)))
      violations.push(`${file}: ${row} may not import ${target}`);
    else if (isBehindFace(file, target)) violations.push(`${file}: may not import ${target}, which is behind a face`);
  }
  return violations;
}

function isBehindFace(file: string, target: string): boolean {
  if (LOOK_BEHIND.some((folder) => isIn(file, folder))) return false;
  return Object.entries(FACES).some(
    ([folder, face]) =>
      isIn(target, folder) && !isIn(file, folder) && !face.some((open) => target === open || isIn(target, open)),
  );
}

function rowOf(file: string): string | undefined {
  const rows = Object.keys(MAY_IMPORT).filter((row) => isIn(file, row));
  return rows.toSorted((a, b) => b.length - a.length)[0];
}

function isIn(file: string, folder: string): boolean {
  return folder.endsWith('/*') ? path.posix.dirname(file) === folder.slice(0, -2) : file.startsWith(`${folder}/`);
}

/** The first thing in it that is not the same in every run. */
function impureIn(text: string): string | undefined {
  const code = text.replace(COMMENT, '').replace(ADDRESSES, '');
  return IMPURE.map((pattern) => pattern.exec(code)?.[0]).find((found) => found !== undefined);
}

function isPure(file: string): boolean {
  return !IMPURE_FILES.has(file) && !IMPURE_FOLDERS.some((folder) => file.startsWith(`${folder}/`));
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(file), specifier);
  return undefined;
}
