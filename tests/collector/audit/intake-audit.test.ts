// The audit of what is received: a later life that finds less in its log than an earlier one acknowledged, requests that are received twice, a reserve that
// is used up while requests are acknowledged.
import { describe, expect, it } from 'vitest';
import type { AcknowledgedItems } from '#collector/audit/acknowledged-file.ts';
import { IntakeAudit, type IntakeFinding } from '#collector/audit/intake-audit.ts';
import { MemoryAuditFiles } from '#tests/support/memory-audit-files.ts';

const GIBIBYTE = 2 ** 30;
const RESERVE = 64 * 2 ** 20;

class Machine {
  readonly files = new MemoryAuditFiles();
  readonly kept: IntakeFinding[] = [];
  readonly lines: string[] = [];
  nowS = 1_800_000_000;
  freeBytes = GIBIBYTE;
  items = { traces: 0, logs: 0, metrics: 0 };

  /** A life of the collector that knows what earlier ones found. @param found in the log at its start */
  async life(found: AcknowledgedItems | undefined, { isNew = false } = {}): Promise<IntakeAudit> {
    const audit = new IntakeAudit({
      files: this.files,
      nowS: () => this.nowS,
      space: () => Promise.resolve({ freeBytes: this.freeBytes, totalBytes: GIBIBYTE }),
      reserveBytes: () => RESERVE,
      keep: (finding) => this.kept.push(finding),
      log: (_level, line) => this.lines.push(line),
    });
    for (const finding of this.kept) audit.recall(finding);
    this.items = { traces: 0, logs: 0, metrics: 0, ...found };
    await audit.logRead(found === undefined ? undefined : () => ({ ...this.items }), isNew);
    return audit;
  }

  /** So many seconds, in each of which so many spans are acknowledged. */
  async pass(audit: IntakeAudit, seconds: number, spans: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.nowS++;
      this.items.traces += spans;
      await audit.look();
    }
  }
}

const none = { traces: 0, logs: 0, metrics: 0 };

describe('what was acknowledged', () => {
  it('is missing where a later life finds less of it in its log, in each signal, and stays known in the lives after', async () => {
    const machine = new Machine();
    const first = await machine.life(none, { isNew: true });
    machine.items = { traces: 500, logs: 40, metrics: 7 };
    await first.look();
    const second = await machine.life({ traces: 480, logs: 40, metrics: 6 });
    expect([second.missing('traces'), second.missing('logs'), second.missing('metrics')]).toEqual([20, 0, 1]);
    expect(machine.lines).toEqual([
      'audit: 20 spans that an earlier life acknowledged are not in the write-ahead log',
      'audit: 1 metric points that an earlier life acknowledged are not in the write-ahead log',
    ]);
    expect(second.reasons('accept')).toMatchObject([
      { reason: '20 spans that were acknowledged were not in the write-ahead log at a start' },
      { reason: '1 metric points that were acknowledged were not in the write-ahead log at a start' },
    ]);
    await second.look();
    const third = await machine.life({ traces: 480, logs: 40, metrics: 6 });
    expect(third.missing('traces')).toBe(20); // once: the second life went on from what it had found
    third.forget();
    expect(third.reasons('accept')).toEqual([]);
    machine.nowS += 86_401;
    expect((await machine.life({ traces: 480, logs: 40, metrics: 6 })).missing('traces')).toBe(0);
  });

  it('may be less than what the log has: what was written and not acknowledged is replayed', async () => {
    const machine = new Machine();
    await machine.pass(await machine.life(none, { isNew: true }), 3, 100);
    expect((await machine.life({ ...none, traces: 400 })).missing('traces')).toBe(0);
  });

  it('is not compared with a log that is new, which is said, nor after a life without a log', async () => {
    const machine = new Machine();
    await machine.pass(await machine.life(none, { isNew: true }), 3, 100);
    expect((await machine.life(none, { isNew: true })).missing('traces')).toBe(0);
    expect(machine.lines).toEqual([
      'audit: the write-ahead log of earlier lives is not there: what they acknowledged and had not stored is lost',
    ]);
    await machine.pass(await machine.life({ ...none, traces: 300 }), 1, 100);
    await machine.life(undefined);
    expect(machine.files.files.size).toBe(0);
    expect((await machine.life(none)).missing('traces')).toBe(0);
  });

  it('is unknown where loss of power left the file in pieces, or something else wrote it', async () => {
    for (const text of ['', '{"traces": 12', 'null', '{"traces": "many"}', '[]']) {
      const machine = new Machine();
      machine.files.files.set('acknowledged.json', Buffer.from(text));
      expect((await machine.life(none)).reasons('accept')).toEqual([]);
      expect(machine.lines).toEqual([]);
    }
  });
});

describe('a request that is received twice', () => {
  const body = Buffer.from('a request with a log record and the time at which it was written');

  it('is found within 40 s, whatever comes between', async () => {
    const machine = new Machine();
    const audit = await machine.life(none, { isNew: true });
    audit.accepted('logs', body, 3);
    for (let i = 0; i < 1000; i++) audit.accepted('logs', Buffer.from(`another request, number ${i}`), 1);
    machine.nowS += 40;
    audit.accepted('logs', Buffer.from(body), 3);
    expect(audit.doubled('logs')).toBe(3);
    expect(audit.reasons('accept')).toMatchObject([
      { reason: '3 log records came in requests that were received twice' },
    ]);
    expect((await machine.life(none)).doubled('logs')).toBe(3);
  });

  it('is none after that time, in another signal, or with another byte; spans are looked for in the store', async () => {
    const machine = new Machine();
    const audit = await machine.life(none, { isNew: true });
    audit.accepted('logs', body, 3);
    audit.accepted('metrics', body, 3);
    for (let at = 0; at < body.length; at++) {
      const other = Buffer.from(body);
      other[at]! ^= 1;
      audit.accepted('logs', other, 3);
    }
    audit.accepted('traces', body, 3);
    audit.accepted('traces', body, 3);
    machine.nowS += 41;
    audit.accepted('metrics', body, 3);
    expect(audit.reasons('accept')).toEqual([]);
  });
});

describe('the reserve of the disk', () => {
  it('is used up while requests are acknowledged: found after three seconds, and told once', async () => {
    const machine = new Machine();
    const audit = await machine.life(none, { isNew: true });
    await machine.pass(audit, 5, 100);
    machine.freeBytes = RESERVE / 2 - 1;
    await machine.pass(audit, 2, 100);
    expect(audit.belowReserve).toBe(0);
    await machine.pass(audit, 5, 100);
    expect(audit.belowReserve).toBe(700);
    expect(machine.lines).toHaveLength(1);
    expect(audit.reasons('accept')).toMatchObject([
      { reason: '700 items were acknowledged while more than half of the reserve of the disk was used up' },
    ]);
  });

  it('is used up at once on a large disk: receivers look at it five seconds later', async () => {
    const machine = new Machine();
    const audit = await machine.life(none, { isNew: true });
    machine.freeBytes = 100 * GIBIBYTE;
    await machine.pass(audit, 1, 100);
    machine.freeBytes = 0;
    await machine.pass(audit, 6, 100);
    expect(audit.belowReserve).toBe(0);
    await machine.pass(audit, 1, 100);
    expect(audit.belowReserve).toBe(700);
  });

  it('is no alarm where nothing is acknowledged, where half of it is free, or until receivers hold back', async () => {
    const machine = new Machine();
    const audit = await machine.life(none, { isNew: true });
    machine.freeBytes = RESERVE / 2;
    await machine.pass(audit, 60, 100);
    machine.freeBytes = 0;
    await machine.pass(audit, 2, 100);
    await machine.pass(audit, 60, 0);
    await machine.pass(audit, 2, 100);
    expect([audit.belowReserve, machine.lines]).toEqual([0, []]);
  });
});
