// The conservation of items: received = stored + sampled out + rejected + dropped + pending, to the item.

export interface LedgerNumbers {
  readonly received: number;
  readonly stored: number;
  readonly sampled_out: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly pending: number;
}

/** What is missing from the right side; 0 when the ledger holds, negative when more went out than came in. */
export function ledgerGap(l: LedgerNumbers): number {
  return l.received - (l.stored + l.sampled_out + l.rejected + l.dropped + l.pending);
}
