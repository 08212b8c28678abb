// `winnow spool`: blocks that ClickHouse refuses or whose files are damaged, of a running collector or of a data directory.
import { SpoolChangeResponse, SpoolResponse, type SpoolFile } from '#proto/api/spool.ts';
import { UsageError, type Command, type OptionValues } from '../command.ts';
import { nearestKey } from '#proto/config/nearest-key.ts';
import { alignedTable } from '../simulate/aligned-table.ts';
import { changeDirectory, listDirectory } from '../spool/data-directory.ts';

const VERBS = ['list', 'retry', 'drop'] as const;
type Verb = (typeof VERBS)[number];
const DEFAULT_ADMIN = '127.0.0.1:4321';
const TIMEOUT_MS = 60_000;
const BYTES_PER_MIB = 1_048_576;

export const command: Command = {
  name: 'spool',
  summary: 'Lists blocks that ClickHouse refuses or whose files are damaged; sends them again, or removes them.',
  about:
    'list: what waits for ClickHouse, and what is set aside. retry NAME… or retry --all: blocks that ClickHouse refused are sent\n' +
    'again, under their old token; their rows count as received once more. drop NAME… or drop --all: their files are removed for\n' +
    'good. Asks the running collector, on this machine; with --data it works on the directory of one that does not run, and the\n' +
    'next start sends what is to be sent. Exit code 1 when something could not be done.',
  operands: 'list | retry [NAME…] | drop [NAME…]',
  options: {
    all: { about: 'retry: all that ClickHouse refuses; drop: all that is set aside' },
    admin: {
      value: 'HOST:PORT',
      about: "the collector's admin address",
      defaultText: `WINNOW_LISTEN_ADMIN or ${DEFAULT_ADMIN}`,
    },
    data: { value: 'DIR', about: 'the data directory of a collector that does not run' },
    json: { about: 'the answer as JSON on one line' },
  },
  async run({ operands: [given, ...names], options }, { stdout, stderr, env }) {
    const verb = verbOf(given);
    const isAll = options['all'] === true;
    if (verb === 'list' && (names.length > 0 || isAll))
      throw new UsageError('winnow spool list takes no names, and lists all');
    if (verb !== 'list' && names.length > 0 === isAll)
      throw new UsageError(`say which blocks: winnow spool ${verb} NAME…, or --all`);
    const place = placeOf(options, env);
    const wanted = isAll ? undefined : names;
    if (verb === 'list') {
      const listed =
        place.data === undefined ? SpoolResponse.parse(await ask(place.admin, '/spool')) : listDirectory(place.data);
      stdout.write(options['json'] === true ? `${JSON.stringify(listed)}\n` : listText(listed));
      return 0;
    }
    const changed =
      place.data === undefined ? await change(place.admin, verb, wanted) : changeDirectory(place.data, verb, wanted);
    stdout.write(
      options['json'] === true ? `${JSON.stringify(changed)}\n` : changedText(verb, changed, place.data !== undefined),
    );
    for (const { name, why } of changed.failed) stderr.write(`${name}: ${why}\n`);
    return changed.failed.length === 0 ? 0 : 1;
  },
};

function verbOf(given: string | undefined): Verb {
  const verb = VERBS.find((one) => one === given);
  if (verb !== undefined) return verb;
  const close = given === undefined ? undefined : nearestKey(given, VERBS);
  throw new UsageError(`say what to do: winnow spool list, retry or drop${close === undefined ? '' : ` (${close}?)`}`);
}

function placeOf(
  options: OptionValues,
  env: NodeJS.ProcessEnv,
): { readonly data: string | undefined; readonly admin: string } {
  const data = options['data'];
  if (data !== undefined && options['admin'] !== undefined) {
    throw new UsageError('--data is for a collector that does not run, --admin for one that does: give one of them');
  }
  const admin = String(options['admin'] ?? env['WINNOW_LISTEN_ADMIN'] ?? DEFAULT_ADMIN);
  return { data: data === undefined ? undefined : String(data), admin };
}

async function change(
  admin: string,
  verb: 'retry' | 'drop',
  names: readonly string[] | undefined,
): Promise<SpoolChangeResponse> {
  return SpoolChangeResponse.parse(await ask(admin, `/spool/${verb}`, names === undefined ? { all: true } : { names }));
}

async function ask(admin: string, path: string, body?: unknown): Promise<unknown> {
  const base = /^https?:\/\//.test(admin) ? admin.replace(/\/+$/, '') : `http://${admin}`;
  let response: Response;
  try {
    response = await fetch(`${base}${path}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'start it, give its admin address with --admin HOST:PORT, or look at its directory with --data DIR';
    throw new Error(`no collector answers on ${base} (${why}): ${remedy}`, { cause: error });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const hasReason = typeof answer === 'object' && answer !== null && 'error' in answer;
  const why = hasReason ? String(answer.error) : 'not an answer as this version knows it';
  throw new Error(`${base} answers ${response.status}: ${why}`);
}

function listText({ waiting, set_aside: aside }: SpoolResponse): string {
  const lines = waiting.map((one) => [
    one.signal,
    String(one.blocks),
    String(one.rows),
    mebibytes(one.bytes),
    one.full ? 'full' : '',
  ]);
  const head = `waiting for ClickHouse:\n${alignedTable([['signal', 'blocks', 'rows', 'MiB', ''], ...lines])}`;
  if (aside.length === 0) return `${head}\nnothing is set aside\n`;
  const files = aside.map(({ name, kind, table, rows, bytes, reason }) => [
    name,
    kind,
    table,
    String(rows),
    mebibytes(bytes),
    reason,
  ]);
  return `${head}\nset aside:\n${alignedTable([['name', 'why', 'table', 'rows', 'MiB', 'reason'], ...files], new Set([0, 1, 2, 5]))}`;
}

function changedText(verb: 'retry' | 'drop', { done }: SpoolChangeResponse, isOffline: boolean): string {
  const rows = done.reduce((sum: number, file: SpoolFile) => sum + file.rows, 0);
  const blocks = `${done.length} ${done.length === 1 ? 'block' : 'blocks'} of ${rows} rows`;
  if (verb === 'drop') return `${blocks} removed\n`;
  return isOffline ? `${blocks} wait to be sent at the next start\n` : `${blocks} sent again\n`;
}

function mebibytes(bytes: number): string {
  return (bytes / BYTES_PER_MIB).toFixed(1);
}
