// Reads the spool's directory at the start: which blocks wait, which are set aside, which go, and under what name and number new ones are
// written.
import { patiently, unlessMissing } from './patience.ts';
import type { AuditMark } from './block.ts';
import type { AsideFile } from './set-aside.ts';
import { noBytes, signalOf } from './signals.ts';
import { DamagedBlock, parseSpoolFile, type SpoolFile } from './spool-file.ts';
import { parseSpoolName, type AsideKind, type SpoolFileName } from './spool-names.ts';
import { decodeState, isLateWrite, RESERVED_RUN, STATE_FILE, withOwner, type SpoolState } from './spool-state.ts';
import type { DamagedFile, SpoolEntry, SpoolOptions, SpoolStart } from './spool.ts';

/** Larger files, which only versions before wrote, are read by themselves. Only what is touched of it needs memory. */
const READ_BYTES = 32 * 1024 * 1024;
/** No one reads a file of 2 GiB at once; blocks of versions before could be as large. */
const TOO_LARGE = 'ERR_FS_FILE_TOO_LARGE';

export async function openedSpool(options: SpoolOptions): Promise<SpoolStart> {
  const names = await patiently('list the spool', () => options.files.list(), options);
  const opening = new Opening(options, names.includes(STATE_FILE) ? await stateIn(options) : undefined);
  for (const name of names.toSorted()) await opening.look(name);
  return opening.finish(names.includes(STATE_FILE));
}

async function stateIn(options: SpoolOptions): Promise<SpoolState | undefined> {
  const bytes = await patiently(
    `read ${STATE_FILE} of the spool`,
    () => unlessMissing(options.files.read(STATE_FILE)),
    options,
  );
  return bytes === undefined ? undefined : decodeState(bytes);
}

type Found = SpoolFileName & { readonly name: string };

interface FoundBlock {
  readonly at: Found;
  readonly columns: readonly string[];
  readonly token: string | undefined;
  readonly audit: AuditMark | undefined;
  readonly size: number;
}

class Opening {
  readonly #o: SpoolOptions;
  readonly #state: SpoolState | undefined;
  readonly #found: FoundBlock[] = [];
  readonly #seqs = new Set<number>();
  readonly #damaged: DamagedFile[] = [];
  readonly #aside: AsideFile[] = [];
  readonly #leftovers: string[] = [];
  readonly #repairs: string[] = [];
  #highest = 0;
  /** Every file is read into it: only its size and its header are kept. */
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(options: SpoolOptions, state: SpoolState | undefined) {
    this.#o = options;
    this.#state = state;
  }

  async look(name: string): Promise<void> {
    const { files, committedTo = Infinity } = this.#o;
    const parsed = parseSpoolName(name);
    if (parsed === undefined) {
      if (name.endsWith('.part')) await unlessMissing(files.remove(name)).catch(() => this.#leftovers.push(name));
      return;
    }
    const at: Found = { ...parsed, name };
    const { seq } = at.block;
    this.#highest = Math.max(this.#highest, seq);
    if (seq > committedTo || isLateWrite(this.#state?.owners ?? [], at.block)) {
      // Its rows are made again: it MUST be away before a later commit would cover its number.
      await patiently(`remove ${name} from the spool`, () => unlessMissing(files.remove(name)), this.#o);
    } else if (at.kind === 'refused') {
      await this.#keepAside(at, 'refused', name, '');
    } else {
      await this.#read(at);
    }
  }

  finish(hadState: boolean): SpoolStart {
    const { committedTo, newInstallId, epoch = 0 } = this.#o;
    const isNew = !hadState && this.#highest === 0 && committedTo === undefined;
    const state = this.#state;
    if (state === undefined && !isNew) {
      const what = hadState ? 'is broken' : 'is missing';
      this.#repairs.push(
        `${STATE_FILE} of the spool ${what}: it is made anew; blocks keep their tokens, and new ones get a new install id`,
      );
    }
    // A number that was sent once under the same install id would pass for a repetition: whoever does not know the numbers needs a new id.
    const installId = state?.installId ?? (epoch > 0 ? `${newInstallId}.${epoch}` : newInstallId);
    const earlierId =
      state?.installId ??
      this.#found.map(({ token }) => installIdIn(token)).find((id) => id !== undefined) ??
      installId;
    const leastSeq = Math.max(this.#highest + 1, (committedTo ?? 0) + 1, state?.reservedEnd ?? 1);
    const nextSeq = leastSeq + (state === undefined && !isNew ? RESERVED_RUN : 0);
    return {
      entries: this.#entries(earlierId),
      damaged: this.#damaged,
      aside: this.#aside,
      leftovers: this.#leftovers,
      installId,
      nextSeq,
      owners: withOwner(state?.owners ?? [], { epoch, floor: committedTo ?? nextSeq - 1 }),
      repairs: this.#repairs,
    };
  }

  #entries(earlierId: string): SpoolEntry[] {
    const waiting = noBytes();
    return this.#found.map(
      ({
        at: {
          name,
          block: { seq, table, rows },
        },
        columns,
        token,
        audit,
        size,
      }) => {
        const signal = signalOf(table, waiting);
        waiting[signal] += size;
        return {
          seq,
          table,
          rows,
          signal,
          size,
          token: token ?? `${earlierId}-${seq}`,
          audit,
          file: name,
          bytes: undefined,
          columns,
          onDisk: true,
          committed: true,
        };
      },
    );
  }

  /** A block that is to wait, or one that was damaged when it was last looked at. */
  async #read(at: Found): Promise<void> {
    const { files } = this.#o;
    const {
      name,
      block: { seq, table, rows },
    } = at;
    let file: SpoolFile;
    try {
      const read = (): Promise<Buffer | undefined> =>
        unlessMissing(files.read(name, this.#buffer)).catch(throwTooLarge);
      const bytes = await patiently(`read ${name} of the spool`, read, this.#o);
      if (bytes === undefined) return; // somebody has removed it
      file = parseSpoolFile(bytes);
      if (this.#seqs.has(seq)) throw new DamagedBlock(`number ${seq} is in use by another block`);
    } catch (error) {
      if (error instanceof TooLarge) return this.#setAside(at, 'refused', 'it is larger than 2 GiB');
      if (!(error instanceof DamagedBlock)) throw error;
      if (at.kind === 'damaged') return this.#keepAside(at, 'damaged', name, error.message);
      this.#damaged.push({ name, seq, table, rows, reason: error.message });
      return this.#setAside(at, 'damaged', error.message);
    }
    const waits = at.kind === 'damaged' ? name.slice(0, -'.damaged'.length) : name;
    if (waits !== name) {
      await patiently(`rename ${name} of the spool`, () => files.rename(name, waits), this.#o);
      this.#repairs.push(`${name} of the spool is whole after all: its ${rows} rows of ${table} wait to be sent again`);
    }
    this.#seqs.add(seq);
    this.#found.push({
      at: { ...at, name: waits },
      columns: file.columns,
      token: file.token,
      audit: file.audit,
      size: file.payload.length,
    });
  }

  async #setAside(at: Found, kind: AsideKind, reason: string): Promise<void> {
    const name = `${at.name}.${kind}`;
    await patiently(
      `rename ${at.name} of the spool`,
      () => unlessMissing(this.#o.files.rename(at.name, name)),
      this.#o,
    );
    await this.#keepAside(at, kind, name, reason);
  }

  async #keepAside(
    { block: { seq, table, rows } }: Found,
    kind: AsideKind,
    name: string,
    reason: string,
  ): Promise<void> {
    const { files } = this.#o;
    const size = (): Promise<number> => files.size?.(name) ?? files.read(name).then((file) => file.length);
    const bytes = await patiently(`look at ${name} of the spool`, () => unlessMissing(size()), this.#o);
    if (bytes !== undefined) this.#aside.push({ name, kind, seq, table, rows, bytes, reason });
  }
}

class TooLarge extends DamagedBlock {}

function throwTooLarge(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === TOO_LARGE) throw new TooLarge(error.message);
  throw error;
}

function installIdIn(token: string | undefined): string | undefined {
  const dash = token?.lastIndexOf('-') ?? -1;
  return dash > 0 ? token!.slice(0, dash) : undefined;
}
