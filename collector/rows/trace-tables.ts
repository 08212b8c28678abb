// The tables that decided traces become rows of, as whoever makes the rows sees them: the encoders of the store, or a batch that goes there later.
import type { DecisionRow } from '#collector/store/tables/decisions-table.ts';
import type { LinkRow } from '#collector/store/tables/links-table.ts';
import type { ResourceRow, ScopeRow } from '#collector/store/tables/resource-tables.ts';
import type { SpanRowContext } from '#collector/store/tables/spans-table.ts';
import type { TraceRow } from '#collector/store/tables/traces-table.ts';

/** A table whose rows are plain objects, each a new one; bytes in it may be overwritten after the call. */
interface RowTable<Row> {
  append(row: Row): void;
}

/** The table of spans, whose rows are read from the bytes of the span. */
interface SpanRowTable {
  /** @param bytes hold the Span message in [from, to) @param row is overwritten after the call */
  append(bytes: Buffer, from: number, to: number, row: SpanRowContext): void;
}

export interface IdentityTables {
  readonly resources: RowTable<ResourceRow>;
  readonly scopes: RowTable<ScopeRow>;
}

export interface TraceTables extends IdentityTables {
  readonly spans: SpanRowTable;
  readonly links: RowTable<LinkRow>;
  readonly decisions: RowTable<DecisionRow>;
  readonly traces: RowTable<TraceRow>;
}
