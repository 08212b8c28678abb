// One commit of the write-ahead log at a time: which blocks it covers, when it may be written, and when the next begins.
import { textOf } from './insert-errors.ts';
import type { SpoolEntry } from './spool.ts';

/** What a write-ahead log asks of the writer: all tables are cut at once, and none of the blocks is sent before their commit is written. */
export interface StoreCommits {
  /** All tables are about to be cut: rows that belong to what was decided until now are to be there. */
  prepare(): void;
  /**
   * They were. `write` is called when the blocks are on disk, and again after a while when it rejects. @param block number of the last one
   */
  begin(block: number): { write(): Promise<void> };
  /** Whether one is to be made even where there are no rows. */
  isWanted(): boolean;
  /**
   * Whether every request of which there are rows is in the log, or is about to be in the same turn of the event loop. While a request is
   * read in pieces it is not,
   * and no commit begins: it would cover a part of it. Absent = always.
   */
  isWhole?(): boolean;
}

interface Committing {
  readonly entries: readonly SpoolEntry[];
  readonly commit: { write(): Promise<void> };
  isWriting: boolean;
  failures: number;
}

/**
 * Blocks that were cut since the last commit began, early ones because their table had a block's worth, belong to the next: its number is
 * above theirs, and that of
 * the last one is below. After a crash before it is written they go, and their requests, which no commit covers either, are read from the
 * log again.
 */
export class CommitTurn {
  readonly #o: StoreCommits;
  readonly #log: (level: 'error', line: string) => void;
  readonly #onWritten: (entries: readonly SpoolEntry[]) => void;
  /** Cut since the last commit began. */
  #next: SpoolEntry[] = [];
  #committing: Committing | undefined;
  readonly #idle: (() => void)[] = [];

  constructor(
    commits: StoreCommits,
    log: (level: 'error', line: string) => void,
    onWritten: (entries: readonly SpoolEntry[]) => void,
  ) {
    this.#o = commits;
    this.#log = log;
    this.#onWritten = onWritten;
  }

  /** There are blocks that wait for a commit, or one is asked for anyway. */
  get isDue(): boolean {
    return this.#next.length > 0 || this.#o.isWanted();
  }

  /** A request is being read in pieces. */
  get isBlocked(): boolean {
    return this.#o.isWhole?.() === false;
  }

  /** A block was cut: it is in the next commit. */
  add(entry: SpoolEntry): void {
    this.#next.push(entry);
  }

  /** @param cutAll cuts all tables, and returns the number of the last block */
  begin(cutAll: () => number): void {
    if (this.#committing !== undefined || this.isBlocked) return;
    this.#o.prepare();
    const block = cutAll();
    if (!this.isDue) return;
    const entries = this.#next;
    this.#next = [];
    this.#committing = { entries, commit: this.#o.begin(block), isWriting: false, failures: 0 };
    this.write();
  }

  /** Writes the commit when all its blocks are on disk; then they may be sent. */
  write(): void {
    const committing = this.#committing;
    if (committing === undefined || committing.isWriting || committing.entries.some((entry) => !entry.onDisk)) return;
    committing.isWriting = true;
    committing.commit.write().then(
      () => {
        for (const entry of committing.entries) entry.committed = true;
        this.#committing = undefined;
        for (const resolve of this.#idle.splice(0)) resolve();
        this.#onWritten(committing.entries);
      },
      (error: unknown) => {
        committing.isWriting = false;
        if (committing.failures++ % 100 !== 0) return;
        this.#log(
          'error',
          `the write-ahead log cannot be written (${textOf(error)}): ${committing.entries.length} blocks wait`,
        );
      },
    );
  }

  /** Resolves when none is under way. */
  async idle(): Promise<void> {
    while (this.#committing !== undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}
