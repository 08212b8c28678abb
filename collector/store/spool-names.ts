// Names of the spool's files: they say number, table, rows and the owner's epoch, so that a directory can be understood without reading the
// files.

export interface BlockName {
  readonly seq: number;
  readonly table: string;
  readonly rows: number;
  /** Of the owner of the data directory that wrote it; 0 = written before there were owners. */
  readonly epoch: number;
}

/** Why a file does not wait for ClickHouse: its bytes are damaged, or ClickHouse refuses it for good. */
export type AsideKind = 'damaged' | 'refused';

export interface SpoolFileName {
  readonly kind: 'block' | AsideKind;
  readonly block: BlockName;
}

const NAME = /^(\d{12})-([a-z_]+)-(\d+)(?:-(\d+))?\.native(?:\.(damaged|refused))?$/;
const SEQ_DIGITS = 12;

/** A name that is not one of ours is undefined. */
export function parseSpoolName(name: string): SpoolFileName | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, seq, table = '', rows, epoch = '0', aside] = match;
  const block = { seq: Number(seq), table, rows: Number(rows), epoch: Number(epoch) };
  return { kind: aside === 'damaged' || aside === 'refused' ? aside : 'block', block };
}

export function blockFileName({ seq, table, rows, epoch }: BlockName): string {
  return `${String(seq).padStart(SEQ_DIGITS, '0')}-${table}-${rows}-${epoch}.native`;
}
