import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageTable } from '#collector/model/message-table.ts';
import { MAX_IDLE_ENTRIES } from '#collector/model/resource-table.ts';

const empty = Buffer.alloc(0);
const intern = (table: MessageTable, text: string, schema = ''): number => {
  const message = Buffer.from(text);
  const url = Buffer.from(schema);
  return table.intern(message, 0, message.length, url, 0, url.length);
};

describe('the message table', () => {
  it('gives equal messages one slot, different ones their own, through growth and release', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.constantFrom('', 'a')), { maxLength: 600 }),
        (texts) => {
          const table = new MessageTable(1);
          const slots = new Map<string, number>();
          for (const [text, schema] of texts) {
            const slot = intern(table, text, schema);
            const key = JSON.stringify([text, schema]);
            expect(slots.get(key) ?? slot).toBe(slot);
            slots.set(key, slot);
            table.retain(slot, 1);
            expect([table.messageOf(slot).toString(), table.schemaUrlOf(slot).toString()]).toEqual([text, schema]);
          }
          expect(new Set(slots.values()).size).toBe(slots.size);
          for (const [text, schema] of texts) table.release(intern(table, text, schema));
          expect(table.size).toBe(slots.size);
        },
      ),
      { seed: 81, numRuns: 50 },
    );
  });

  it('identifies a message by the first 8 bytes of its SHA-256, schema included', () => {
    const table = new MessageTable();
    const slot = intern(table, 'message', 'https://schema');
    const digest = createHash('sha256').update('messagehttps://schema').digest();
    expect([table.idHi[slot], table.idLo[slot]]).toEqual([digest.readUInt32BE(0), digest.readUInt32BE(4)]);
  });

  it('lets only the longest idle messages go, and never one that is held', () => {
    const table = new MessageTable();
    const held = intern(table, 'held');
    table.retain(held, 1);
    for (let n = 0; n < MAX_IDLE_ENTRIES + 100; n++) intern(table, `idle ${n}`);
    table.trim();
    expect(table.size).toBe(MAX_IDLE_ENTRIES + 1);
    expect(table.messageOf(held).toString()).toBe('held');
    const before = table.heldBytes;
    intern(table, `idle ${MAX_IDLE_ENTRIES + 99}`);
    expect(table.heldBytes).toBe(before);
    intern(table, 'idle 0');
    expect(table.heldBytes).toBeGreaterThan(before);
  });

  it('takes the empty message', () => {
    const table = new MessageTable();
    expect(table.messageOf(table.intern(empty, 0, 0, empty, 0, 0)).length).toBe(0);
  });
});
