// What the simulated store answers to the audit: each block is a part of its table, and is read anew from its bytes.
import { AUDITED, type AuditedTable } from '#collector/audit/audited.ts';
import type { AuditStore, IdRange, PartCount, StoredPart } from '#collector/audit/audit-store.ts';
import type { StoredBlock } from './sim-store.ts';
import { columnAt, rowsIn } from './stored-rows.ts';

const DIGEST_BITS = 20n;
const KEPT_S = 30 * 86_400;
const ID_PREFIXES = 65_536;

export class SimAuditStore implements AuditStore {
  readonly #blocks: ReadonlyMap<string, StoredBlock>;
  readonly #writer: number;
  readonly #answer: () => Promise<void>;

  /** @param blocks by token @param answer resolves when an answer comes, rejects when none does */
  constructor(blocks: ReadonlyMap<string, StoredBlock>, writer: number, answer: () => Promise<void>) {
    this.#blocks = blocks;
    this.#writer = writer;
    this.#answer = answer;
  }

  async parts(): Promise<StoredPart[]> {
    await this.#answer();
    return [...this.#blocks]
      .filter(([, { table }]) => AUDITED.some((one) => one.table === table))
      .map(([name, { table, bytes }]) => {
        const second = secondOf(bytes);
        return { table, name, rows: rowsIn(bytes), madeAt: second, from: second, to: second };
      });
  }

  async countParts(table: AuditedTable['table'], names: readonly string[]): Promise<PartCount[]> {
    await this.#answer();
    return names.flatMap((part) => {
      const bytes = this.#blocks.get(part)?.bytes;
      if (bytes === undefined) return [];
      const isOwn = bytes.readUInt32LE(columnAt(bytes, 'writer', 'UInt32')) === this.#writer;
      return [
        { part, second: secondOf(bytes), rows: isOwn ? rowsIn(bytes) : 0, digest: isOwn ? digestOf(table, bytes) : 0 },
      ];
    });
  }

  async openPart({ name }: StoredPart): Promise<void> {
    await this.#answer();
    if (!this.#blocks.has(name)) throw Object.assign(new Error(`no part ${name}`), { code: '232' });
  }

  async doubledSpans(after: number, to: number, within: number, ids: IdRange): Promise<number> {
    await this.#answer();
    const seconds = new Map<string, number[]>();
    for (const { table, bytes } of this.#blocks.values()) {
      const second = table === 'spans' ? secondOf(bytes) : -1;
      if (second <= after - within || second > to) continue;
      const traces = columnAt(bytes, 'trace_id', 'FixedString(16)');
      const spans = columnAt(bytes, 'span_id', 'FixedString(8)');
      for (let row = 0; row < rowsIn(bytes); row++) {
        const prefix = bytes.readUInt16BE(traces + row * 16);
        if (prefix < Math.floor(ids.from * ID_PREFIXES) || prefix >= Math.floor(ids.to * ID_PREFIXES)) continue;
        const key =
          bytes.toString('hex', traces + row * 16, traces + row * 16 + 16) +
          bytes.toString('hex', spans + row * 8, spans + row * 8 + 8);
        const known = seconds.get(key);
        if (known === undefined) seconds.set(key, [second]);
        else known.push(second);
      }
    }
    let copies = 0;
    for (const of of seconds.values()) {
      of.sort((a, b) => a - b);
      for (let i = 1; i < of.length; i++) if (of[i]! > after && of[i]! - of[i - 1]! <= within) copies++;
    }
    return copies;
  }

  async ttl(): Promise<number> {
    await this.#answer();
    return KEPT_S;
  }
}

/** All rows of a block are stored at one second. */
function secondOf(bytes: Buffer): number {
  return bytes.readUInt32LE(columnAt(bytes, 'stored_at', 'DateTime'));
}

/** As collector/audit/audit-store.ts asks ClickHouse for it. */
function digestOf(table: AuditedTable['table'], bytes: Buffer): number {
  const [column, type] =
    table === 'spans' ? ['span_id', 'FixedString(8)'] : table === 'logs' ? ['ts', 'DateTime64(9)'] : ['id', 'UInt64'];
  const at = columnAt(bytes, column, type);
  let sum = 0;
  for (let row = 0; row < rowsIn(bytes); row++) {
    sum += Number(BigInt.asUintN(Number(DIGEST_BITS), bytes.readBigUInt64LE(at + row * 8)));
    if (table === 'spans') sum += Number(BigInt.asUintN(Number(DIGEST_BITS), bytes.readBigUInt64BE(at + row * 8)));
  }
  return sum;
}
