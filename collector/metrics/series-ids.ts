// Identities of series: name and labels to the stored 64-bit id, remembered so that a series row is written rarely, not with every sample.
import { createHash } from 'node:crypto';
import type { SeriesRow } from './rows.ts';

/** Remembered series; beyond it the longest unused are forgotten, which only costs a series row written again. */
const MAX_SERIES = 200_000;
/** A series in use is written again this often, so that last_seen follows it and retention never removes it. */
const REWRITE_MS = 10 * 60_000;

export interface SeriesId {
  readonly idHi: number;
  readonly idLo: number;
}

interface Known extends SeriesId {
  writtenMs: number;
}

/** What a series row says beyond name and labels. */
export type SeriesFacts = Pick<SeriesRow, 'kind' | 'unit' | 'help'>;

export class SeriesIds {
  readonly #known = new Map<string, Known>();

  /**
   * @param labels sorted by key, without the name
   * @param emit gets a row when the series is new or has not been written for a while
   */
  idOf(
    name: string,
    labels: ReadonlyMap<string, string>,
    facts: SeriesFacts,
    tsMs: number,
    nowMs: number,
    emit: (row: SeriesRow) => void,
  ): SeriesId {
    const identity = identityOf(name, labels);
    const known = this.#known.get(identity);
    if (known !== undefined && nowMs - known.writtenMs < REWRITE_MS) return known;
    this.#known.delete(identity);
    const id = known ?? { ...seriesId(identity), writtenMs: 0 };
    id.writtenMs = nowMs;
    if (this.#known.size >= MAX_SERIES) this.#forgetOldest();
    this.#known.set(identity, id);
    emit({ name, idHi: id.idHi, idLo: id.idLo, labels, ...facts, firstSeenMs: tsMs, lastSeenMs: tsMs });
    return id;
  }

  #forgetOldest(): void {
    for (const identity of this.#known.keys()) {
      this.#known.delete(identity);
      return;
    }
  }
}

/** @param labels sorted by key, without the name */
export function seriesIdOf(name: string, labels: ReadonlyMap<string, string>): SeriesId {
  return seriesId(identityOf(name, labels));
}

/** Texts with NUL between them; where one has a NUL itself, as JSON, so that two different series never have one identity. */
function identityOf(name: string, labels: ReadonlyMap<string, string>): string {
  let identity = name;
  let hasNul = name.includes('\0');
  for (const [key, value] of labels) {
    identity += `\0${key}\0${value}`;
    hasNul ||= value.includes('\0') || key.includes('\0');
  }
  return hasNul ? `\0${JSON.stringify([name, ...labels])}` : identity;
}

function seriesId(identity: string): SeriesId {
  const digest = createHash('sha256').update(identity).digest();
  return { idHi: digest.readUInt32BE(0), idLo: digest.readUInt32BE(4) };
}
