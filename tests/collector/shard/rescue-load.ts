// What tests of rescue send: rules, trace ids, traces, late spans, and what a person asks for.
import { RescueRequest } from '#proto/api/rescue.ts';
import type { PlainSpan } from '#tests/support/trace-builder.ts';

export const NOTHING = 'rules: [{ name: rest, keep: 0% }]';
export const TWENTIETH = 'rules: [{ name: rest, keep: 5% }]';
export const ID = '00112233445566778899aabbccddeeff';
/** R just above and far below T of 5 %. */
export const KEPT_ID = '0011223344556677aaf5aabbccddeeff';
export const DROPPED_ID = '0011223344556677aa05aabbccddeeff';
export const HALF = 2 ** 28;

export function spans(count = 3, more: Partial<PlainSpan> = {}): PlainSpan[] {
  return Array.from({ length: count }, (_, i) => ({
    id: String(i + 1),
    ...(i > 0 && { parent: '1' }),
    service: `s${i % 2}`,
    name: `op ${i}`,
    start: i,
    end: 100 - i,
    ...more,
  }));
}

export const LATE: PlainSpan = { id: '77', parent: '1', service: 's9', name: 'later', start: 20, end: 30 };
export const LATE_ERROR: PlainSpan = { ...LATE, id: '78', status: 2 };

export const pause = (): Promise<void> => Promise.resolve();
export const ask = (request: unknown): RescueRequest => RescueRequest.parse(request);
