// GET /spool, POST /spool/retry, POST /spool/drop of the admin address: what waits for ClickHouse, and what is to become of blocks that
// were set aside.
import { SpoolChangeRequest, type SpoolChangeResponse, type SpoolResponse } from '#proto/api/spool.ts';

export const SPOOL_PATHS: ReadonlySet<string> = new Set(['/spool', '/spool/retry', '/spool/drop']);

export interface SpoolAdmin {
  list(): SpoolResponse;
  /** @param names undefined = all */
  change(what: 'retry' | 'drop', names: readonly string[] | undefined): Promise<SpoolChangeResponse>;
}

/** What of a request matters here. */
export interface SpoolAsked {
  readonly path: string;
  readonly method: string;
  /** From a program on this machine, and not from a page in a browser there. */
  readonly isLocal: boolean;
  readonly contentType: string;
  /** undefined when it is too long. */
  body(): Promise<string | undefined>;
}

export interface SpoolAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly allow?: string;
}

export async function answerSpool(asked: SpoolAsked, admin: SpoolAdmin | undefined): Promise<SpoolAnswer> {
  const { path, method, isLocal, contentType } = asked;
  const allow = path === '/spool' ? 'GET' : 'POST';
  if (method !== allow) return { ...refusal(405, `${path} is a ${allow}`), allow };
  if (!isLocal) return refusal(403, 'the spool answers programs on this machine only: run "winnow spool list" here');
  if (admin === undefined) return refusal(409, 'there is no spool: nothing is stored (store: none), or the collector is still starting');
  if (path === '/spool') return { status: 200, body: admin.list() };
  if (!contentType.startsWith('application/json')) return refusal(415, 'send JSON with content-type: application/json');
  const text = await asked.body();
  if (text === undefined) return refusal(413, 'the body is too long: name fewer files at a time');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refusal(400, 'the body is no JSON');
  }
  const change = SpoolChangeRequest.safeParse(json);
  if (change.success) return { status: 200, body: await admin.change(path === '/spool/retry' ? 'retry' : 'drop', change.data.names) };
  const issue = change.error.issues[0];
  return refusal(400, `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'invalid'}`);
}

function refusal(status: number, error: string): SpoolAnswer {
  return { status, body: { error } };
}
