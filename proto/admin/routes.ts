// The table of what the collector's admin address answers. A parameter or field that does not stand here is refused, and named.
import { TracePath } from '../api/common.ts';
import { RescueRequest } from '../api/rescue.ts';
import { ANY_PARAMETERS, NO_FIELDS, NO_PARAMETERS, type RequestContract } from '../api/route-contract.ts';
import { SpoolChangeRequest } from '../api/spool.ts';

export const ADMIN_ROUTES = {
  // Scrapers and probes send parameters of their own (`/readyz?verbose`); other servers ignore them, too.
  metrics: { method: 'GET', path: '/metrics', query: ANY_PARAMETERS },
  healthz: { method: 'GET', path: '/healthz', query: ANY_PARAMETERS },
  readyz: { method: 'GET', path: '/readyz', query: ANY_PARAMETERS },
  ledger: { method: 'GET', path: '/ledger', query: NO_PARAMETERS },
  samples: { method: 'GET', path: '/samples', query: NO_PARAMETERS },
  config: { method: 'GET', path: '/config', query: NO_PARAMETERS },
  trace: { method: 'GET', path: '/trace/:trace_id', params: TracePath, query: NO_PARAMETERS },
  spool: { method: 'GET', path: '/spool', query: NO_PARAMETERS },
  reload: { method: 'POST', path: '/reload', query: NO_PARAMETERS, body: NO_FIELDS },
  rescue: { method: 'POST', path: '/rescue', query: NO_PARAMETERS, body: RescueRequest },
  acceptAudit: { method: 'POST', path: '/audit/accept', query: NO_PARAMETERS, body: NO_FIELDS },
  spoolRetry: { method: 'POST', path: '/spool/retry', query: NO_PARAMETERS, body: SpoolChangeRequest },
  spoolDrop: { method: 'POST', path: '/spool/drop', query: NO_PARAMETERS, body: SpoolChangeRequest },
} as const satisfies Readonly<Record<string, RequestContract>>;
export type AdminRouteName = keyof typeof ADMIN_ROUTES;
