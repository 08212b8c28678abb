// An answer of the admin address.

export interface AdminAnswer {
  readonly status: number;
  /** Sent as JSON, unless it has a type of its own. */
  readonly body: unknown;
  readonly contentType?: string;
}
