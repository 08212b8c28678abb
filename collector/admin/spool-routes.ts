// GET /spool, POST /spool/retry, POST /spool/drop of the admin address: what waits for ClickHouse, and what is to become of blocks that
// were set aside.
import type { SpoolChangeRequest, SpoolChangeResponse, SpoolResponse } from '#proto/api/spool.ts';
import type { AdminAnswer } from './admin-answer.ts';

export interface SpoolAdmin {
  list(): SpoolResponse;
  /** @param names undefined = all */
  change(what: 'retry' | 'drop', names: readonly string[] | undefined): Promise<SpoolChangeResponse>;
}

export const SPOOL_ELSEWHERE = 'the spool answers programs on this machine only: run "winnow spool list" here';
const NO_SPOOL: AdminAnswer = {
  status: 409,
  body: { error: 'there is no spool: nothing is stored (store: none), or the collector is still starting' },
};

export function listSpool(admin: SpoolAdmin | undefined): AdminAnswer {
  return admin === undefined ? NO_SPOOL : { status: 200, body: admin.list() };
}

export async function changeSpool(
  admin: SpoolAdmin | undefined,
  what: 'retry' | 'drop',
  { names }: SpoolChangeRequest,
): Promise<AdminAnswer> {
  return admin === undefined ? NO_SPOOL : { status: 200, body: await admin.change(what, names) };
}
