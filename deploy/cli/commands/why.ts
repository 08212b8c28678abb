// `winnow why`: what became of a trace, asked of a running Winnow.
import { msOfNanos } from '#proto/model/unix-nano.ts';
import { ApiError } from '#proto/api/common.ts';
import { WhyResponse, type DecisionRow } from '#proto/api/decisions.ts';
import { UsageError, type Command } from '../command.ts';
import { alignedTable } from '../simulate/aligned-table.ts';

const TRACE_ID = /^[0-9a-f]{1,32}$/;
const DEFAULT_SERVER = '127.0.0.1:4320';
const TIMEOUT_MS = 30_000;

export const command: Command = {
  name: 'why',
  summary: 'Tells what became of a trace, and why: kept, dropped, pending, refused, expired, or never seen.',
  about:
    'The answer comes from the decision log (kept for `retention.decisions`), the store and what the collector remembers. Exit code 1 when nobody answers.',
  operands: 'TRACE_ID',
  options: {
    server: {
      value: 'HOST:PORT',
      about: 'the query address to ask (http://… is understood too)',
      defaultText: `WINNOW_LISTEN_HTTP or ${DEFAULT_SERVER}`,
    },
    json: { about: 'the answer of GET /api/why/:trace_id on one line' },
  },
  async run({ operands, options }, { stdout, env }) {
    const [given, ...more] = operands;
    const id = given?.toLowerCase();
    if (id === undefined || more.length > 0) throw new UsageError('give one trace id: winnow why TRACE_ID');
    if (!TRACE_ID.test(id)) throw new UsageError(`no trace id: ${given} (up to 32 hex digits are one)`);
    const answer = await ask(
      String(options['server'] ?? env['WINNOW_LISTEN_HTTP'] ?? DEFAULT_SERVER),
      id.padStart(32, '0'),
    );
    stdout.write(options['json'] === true ? `${JSON.stringify(answer)}\n` : whyText(answer));
    return 0;
  },
};

async function ask(server: string, traceId: string): Promise<WhyResponse> {
  const base = /^https?:\/\//.test(server) ? server.replace(/\/+$/, '') : `http://${server}`;
  let response: Response;
  try {
    response = await fetch(`${base}/api/why/${traceId}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(
      `no Winnow answers on ${base} (${cause instanceof Error ? cause.message : String(cause)}): start it, or say where its query address is with --server HOST:PORT`,
      { cause: error },
    );
  }
  const body: unknown = await response.json().catch(() => undefined);
  const answer = WhyResponse.safeParse(body).data;
  if (response.ok && answer !== undefined) return answer;
  throw new Error(
    `${base} answers ${response.status}: ${ApiError.safeParse(body).data?.error.message ?? 'not an answer as this version knows it'}`,
  );
}

function whyText({ trace_id: id, state, answer, decisions }: WhyResponse): string {
  const head = `${id}  ${state}\n${answer}\n`;
  if (decisions.length === 0) return head;
  const lines = decisions.map((row) => [
    timeText(row.decided_at),
    row.decision,
    row.rule,
    row.trigger,
    row.randomness,
    comparison(row),
    thresholdOf(row),
    String(row.span_count),
    String(row.error_count),
    String(row.weight === 0 ? '' : Number(row.weight.toPrecision(3))),
  ]);
  return `${head}\n${alignedTable([['decided', 'decision', 'rule', 'trigger', 'R', '', 'T', 'spans', 'errors', 'stands for'], ...lines], new Set([0, 1, 2, 3, 4, 5, 6]))}`;
}

/** 2^56 and above: no R reaches it. Of a kept trace: kept without a threshold. */
function isNone({ threshold }: DecisionRow): boolean {
  return threshold.length > 14;
}

function comparison(row: DecisionRow): string {
  if (row.decision === 'kept') return isNone(row) ? '' : '≥';
  return '<';
}

function thresholdOf(row: DecisionRow): string {
  return isNone(row) ? 'none' : row.threshold;
}

function timeText(ns: string): string {
  return new Date(msOfNanos(BigInt(ns))).toISOString();
}
