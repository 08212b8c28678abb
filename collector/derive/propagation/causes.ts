// What can go wrong with trace context between two services.

export const LOST = 0;
export const LOST_ON_RETRY = 1;
export const LEAKED = 2;
export const QUEUE_PARENT = 3;
export const SAMPLING_DIFFERS = 4;
export const NO_HOST = 5;
/** Causes by number, as the table, the API and the series name them. */
export const PROPAGATION_CAUSES = [
  'lost',
  'lost_on_retry',
  'leaked',
  'queue_parent',
  'sampling_differs',
  'no_host',
] as const;
export type PropagationCause = (typeof PROPAGATION_CAUSES)[number];

/** Service number of what no service is known of. */
export const NO_SERVICE = -1;
