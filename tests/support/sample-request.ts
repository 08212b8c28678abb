// Values that a schema takes, made from the schema alone: a parameter that is added later is tried by itself.
import { z } from 'zod';

/** One of these fits every parameter and field there is. Times come first: a text that may be anything is then a time, too. */
const CANDIDATES: readonly unknown[] = [
  '1799999999000000000',
  'a'.repeat(32),
  'a'.repeat(16),
  '10m',
  '5',
  5,
  2000,
  true,
  ['a'.repeat(32)],
  ['a'],
];

function sampleOf(name: string, schema: z.ZodType): unknown {
  const { enum: words = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const found = [...words, ...CANDIDATES].find((candidate) => schema.safeParse(candidate).success);
  if (found === undefined) throw new Error(`no sample fits ${name}: add one to tests/support/sample-request.ts`);
  return found;
}

/** A value for each name that an object takes. */
export function samplesOf(schema: z.ZodType): Record<string, unknown> {
  if (!(schema instanceof z.ZodObject)) throw new Error('parameters and bodies are objects');
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, inner]) => [name, sampleOf(name, inner as z.ZodType)]),
  );
}

/** Names that must be given. */
export function requiredOf(schema: z.ZodType): readonly string[] {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).required ?? [];
}

/** `/trace/:trace_id` with an id in it. */
export function addressOf(path: string): string {
  return path.replace(':trace_id', 'a'.repeat(32)).replace(':span_id', 'a'.repeat(16));
}
