// Keeps a part of the disk free for what was already accepted: log, spool and the embedded ClickHouse must be able to write
// until they are empty. Below the reserve receivers hold back; well above it they accept again.
import { reserveBytes, type DiskSpace } from '#proto/config/disk-reserve.ts';
import { gauge, type Metric } from '#collector/model/metric-table.ts';

/** Once low, this many times the reserve must be free: otherwise every removed file would let a few requests in. */
const ENOUGH = 1.2;

export interface NearestDisk {
  readonly path: string;
  readonly freeBytes: number;
  readonly reserveBytes: number;
}

interface Place {
  readonly path: string;
  space: DiskSpace | undefined;
  isLow: boolean;
}

export interface DiskReserveOptions {
  /** Directories that are written to; they may be on disks of their own, and need not exist yet. */
  readonly paths: readonly string[];
  /** `disk.reserve_bytes`; 0 = by the size of each disk. */
  readonly setting: number;
  /** undefined when it cannot be known. */
  readonly space: (path: string) => Promise<DiskSpace | undefined>;
}

export class DiskReserve {
  readonly #o: DiskReserveOptions;
  readonly #places: readonly Place[];

  constructor(options: DiskReserveOptions) {
    this.#o = options;
    this.#places = options.paths.map((path) => ({ path, space: undefined, isLow: false }));
  }

  /** Whether receivers must hold back. */
  get isLow(): boolean {
    return this.#places.some((place) => place.isLow);
  }

  /** Of the disk that is nearest to its reserve; undefined before the first look. */
  get nearest(): NearestDisk | undefined {
    const known = this.#places.flatMap(({ path, space }): NearestDisk[] =>
      space === undefined ? [] : [{ path, freeBytes: space.freeBytes, reserveBytes: this.#reserve(space) }],
    );
    return known.toSorted((a, b) => a.freeBytes / a.reserveBytes - b.freeBytes / b.reserveBytes)[0];
  }

  /** What is the matter and what to do about it; undefined while there is enough room. */
  get sentence(): string | undefined {
    const { nearest } = this;
    if (!this.isLow || nearest === undefined) return undefined;
    const { path, freeBytes, reserveBytes: reserve } = nearest;
    return (
      `the disk of ${path} has ${mebibytes(freeBytes)} MiB free, and ${mebibytes(reserve * ENOUGH)} MiB are needed: ` +
      'free some, shorten retention.*, or lower disk.reserve_bytes'
    );
  }

  /** Looks at all disks. A disk that does not answer is no alarm: what was known of it stays. */
  async look(): Promise<void> {
    for (const place of this.#places) {
      const space = await this.#o.space(place.path);
      if (space === undefined) continue;
      place.space = space;
      const reserve = this.#reserve(space);
      place.isLow = space.freeBytes < (place.isLow ? reserve * ENOUGH : reserve);
    }
  }

  #reserve(space: DiskSpace): number {
    return reserveBytes(this.#o.setting, space.totalBytes);
  }
}

function mebibytes(bytes: number): string {
  return (bytes / 1048576).toFixed(0);
}

export const DISK_METRICS: readonly Metric<DiskReserve>[] = [
  gauge(
    'winnow_disk_free_bytes',
    'free bytes of the disk that is nearest to its reserve',
    ({ nearest }) => nearest?.freeBytes ?? NaN,
  ),
  gauge(
    'winnow_disk_reserve_bytes',
    'free bytes below which receivers hold back',
    ({ nearest }) => nearest?.reserveBytes ?? NaN,
  ),
];
