// All tables, in the order in which they are made.
import { DECISIONS_TABLE } from './decisions.ts';
import { EDGES_TABLE } from './edges.ts';
import { EXEMPLARS_TABLE } from './exemplars.ts';
import { HISTOGRAMS_TABLE } from './histograms.ts';
import { LINKS_TABLE } from './links.ts';
import { LOGS_TABLE } from './logs.ts';
import { PROPAGATION_TABLE } from './propagation.ts';
import { RECONSTRUCTION_TABLE } from './reconstruction.ts';
import { RED_TABLE } from './red.ts';
import { RESOURCES_TABLE } from './resources.ts';
import { SAMPLES_TABLE } from './samples.ts';
import { SCOPES_TABLE } from './scopes.ts';
import { SERIES_TABLE } from './series.ts';
import { SPANS_TABLE } from './spans.ts';
import type { Table } from './table.ts';
import { TRACES_TABLE } from './traces.ts';

export const ALL_TABLES: readonly Table[] = [
  TRACES_TABLE,
  SPANS_TABLE,
  RESOURCES_TABLE,
  SCOPES_TABLE,
  LINKS_TABLE,
  EDGES_TABLE,
  DECISIONS_TABLE,
  SERIES_TABLE,
  SAMPLES_TABLE,
  HISTOGRAMS_TABLE,
  EXEMPLARS_TABLE,
  LOGS_TABLE,
  RED_TABLE,
  PROPAGATION_TABLE,
  RECONSTRUCTION_TABLE,
];
