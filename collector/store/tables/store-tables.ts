// All encoders of one collector, by table.
import type { AnyBlockTable } from './block-table.ts';
import { DecisionsTable } from './decisions-table.ts';
import { EdgesTable, RedTable } from './derived-tables.ts';
import { HistogramsTable } from './histograms-table.ts';
import { LinksTable } from './links-table.ts';
import { LogsTable } from './logs-table.ts';
import { ExemplarsTable, SamplesTable, SeriesTable } from './metrics-tables.ts';
import { PropagationTable } from './propagation-table.ts';
import { ReconstructionTable } from './reconstruction-table.ts';
import { ResourcesTable, ScopesTable } from './resource-tables.ts';
import { SpansTable } from './spans-table.ts';
import { TracesTable } from './traces-table.ts';

export class StoreTables {
  readonly resources = new ResourcesTable();
  readonly scopes = new ScopesTable();
  readonly spans = new SpansTable();
  readonly links = new LinksTable();
  readonly logs = new LogsTable();
  readonly series = new SeriesTable();
  readonly samples = new SamplesTable();
  readonly histograms = new HistogramsTable();
  readonly exemplars = new ExemplarsTable();
  readonly red = new RedTable();
  readonly edges = new EdgesTable();
  readonly propagation = new PropagationTable();
  readonly reconstruction = new ReconstructionTable();
  readonly decisions = new DecisionsTable();
  readonly traces = new TracesTable();

  /** In the order in which they are written: what others point to comes first, `traces`, which search reads, last. */
  readonly all: readonly AnyBlockTable[] = [
    this.resources,
    this.scopes,
    this.spans,
    this.links,
    this.logs,
    this.series,
    this.samples,
    this.histograms,
    this.exemplars,
    this.red,
    this.edges,
    this.propagation,
    this.reconstruction,
    this.decisions,
    this.traces,
  ];
}
