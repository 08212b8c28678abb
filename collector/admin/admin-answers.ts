// What each route of the admin address answers, once its request was found to be as it declares (proto/admin/routes.ts).
import type { ConfigInForce, KnownTrace, LedgerAnswer } from '#proto/admin/answers.ts';
import { samplesOf } from './samples.ts';
import { traceIdOf, type TraceId } from '#proto/model/ids.ts';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { ADMIN_ROUTES, AdminRouteName } from '#proto/admin/routes.ts';
import type { RescueRequest, RescueResponse } from '#proto/api/rescue.ts';
import type { AdminAnswer } from './admin-answer.ts';
import { changeSpool, listSpool, SPOOL_ELSEWHERE, type SpoolAdmin } from './spool-routes.ts';

export interface AdminState {
  readonly registry: Registry;
  /** Brings counters up to date; called before each answer. */
  readonly beforeRead: () => void;
  /** Why the collector is not ready, and what to do; empty when it is. */
  readonly notReady: () => readonly string[];
  /** What does not work as it should, and what to do; empty when all does. */
  readonly degraded: () => readonly string[];
  readonly ledger: () => LedgerAnswer;
  /** What the audit found is known; undefined when there is no audit. */
  readonly acceptAudit: () => Promise<void> | undefined;
  /** What is known of a trace. */
  readonly trace: (traceId: TraceId) => KnownTrace;
  /** What a reload can change, as it is in force. */
  readonly config: () => ConfigInForce;
  /** Reads the configuration again. */
  readonly reload: () => { readonly result: string };
  /** Brings dropped traces back; undefined when there is no rescue ring. */
  readonly rescue: (request: RescueRequest) => Promise<RescueResponse | undefined>;
  /** Blocks that wait for the store or are set aside; undefined when nothing is stored. */
  readonly spool?: (() => SpoolAdmin | undefined) | undefined;
}

type Routes = typeof ADMIN_ROUTES;
type OutputOf<R, Part extends string> = R extends { readonly [P in Part]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

/** The checked parts of a request. */
interface AdminAsked<R> {
  readonly params: OutputOf<R, 'params'>;
  readonly body: OutputOf<R, 'body'>;
}

/** Of a route for programs on this machine only. A request with an Origin header comes from a page in a browser and is refused. */
interface OnlyHere {
  /** The answer to another method. */
  readonly usage: string;
  /** The answer to other machines and to browsers. */
  readonly elsewhere: string;
}

export interface AdminPage<R> {
  /** Absent: everybody may ask, with any method. */
  readonly onlyHere?: OnlyHere;
  answer(state: AdminState, asked: AdminAsked<R>): AdminAnswer | Promise<AdminAnswer>;
}

export const ADMIN_ANSWERS: { readonly [K in AdminRouteName]: AdminPage<Routes[K]> } = {
  metrics: {
    answer: async ({ registry }) => ({
      status: 200,
      body: await registry.metrics(),
      contentType: registry.contentType,
    }),
  },
  healthz: {
    answer: (state) => {
      const degraded = state.degraded();
      return ok(degraded.length === 0 ? { status: 'alive' } : { status: 'degraded', reasons: degraded });
    },
  },
  readyz: {
    answer: (state) => {
      const reasons = state.notReady();
      return reasons.length === 0 ? ok({ status: 'ready' }) : { status: 503, body: { status: 'not ready', reasons } };
    },
  },
  ledger: { answer: (state) => ok(state.ledger()) },
  samples: { answer: async ({ registry }) => ok(await samplesOf(registry)) },
  config: { answer: (state) => ok(state.config()) },
  trace: { answer: (state, { params }) => ok(state.trace(traceIdOf(params.trace_id))) },
  spool: {
    onlyHere: { usage: '/spool is a GET', elsewhere: SPOOL_ELSEWHERE },
    answer: (state) => listSpool(state.spool?.()),
  },
  reload: {
    onlyHere: {
      usage: 'reloading is a POST: curl -X POST …/reload',
      elsewhere:
        'a reload is taken from this machine only, and not from a browser: run curl -X POST http://127.0.0.1:PORT/reload here',
    },
    answer: (state) => {
      const outcome = state.reload();
      return { status: outcome.result === 'refused' ? 422 : 200, body: outcome };
    },
  },
  // Asked by query for its users, and by programs on this machine.
  rescue: {
    onlyHere: {
      usage: 'rescuing is a POST of JSON, as {"trace_ids": ["…"]} or {"service": "checkout", "last": "10m"}',
      elsewhere:
        'traces are brought back from this machine only, and not from a browser: use POST /api/rescue of query',
    },
    answer: async (state, { body }) => {
      const outcome = await state.rescue(body);
      return outcome === undefined
        ? {
            status: 409,
            body: { error: 'there is no rescue ring: set sampling.rescue.max_bytes above 0 and start again' },
          }
        : ok(outcome);
    },
  },
  // Rows were deleted on purpose, say.
  acceptAudit: {
    onlyHere: {
      usage: 'accepting what the audit found is a POST: curl -X POST …/audit/accept',
      elsewhere:
        'what the audit found is accepted from this machine only, and not from a browser: run curl -X POST http://127.0.0.1:PORT/audit/accept here',
    },
    answer: async (state) => {
      const accepted = state.acceptAudit();
      if (accepted === undefined)
        return { status: 409, body: { error: 'there is no audit: nothing is stored, or DATA/audit cannot be used' } };
      await accepted;
      return ok({ accepted: true });
    },
  },
  spoolRetry: {
    onlyHere: { usage: '/spool/retry is a POST', elsewhere: SPOOL_ELSEWHERE },
    answer: (state, { body }) => changeSpool(state.spool?.(), 'retry', body),
  },
  spoolDrop: {
    onlyHere: { usage: '/spool/drop is a POST', elsewhere: SPOOL_ELSEWHERE },
    answer: (state, { body }) => changeSpool(state.spool?.(), 'drop', body),
  },
};

function ok(body: unknown): AdminAnswer {
  return { status: 200, body };
}
