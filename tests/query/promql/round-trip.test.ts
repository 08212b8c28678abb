// Printing an expression and parsing it again gives the same tree, and no text crashes the parser or takes it more than linear time.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepare } from '#query/promql/engine.ts';
import { ALL_FEATURES } from '#query/promql/features.ts';
import { parse } from '#query/promql/parse.ts';
import { prettyPrint, print } from '#query/promql/print.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { readScript } from '#scripts/promqltest/script.ts';
import { describeWithData, sharedData } from '#tests/support/shared-data.ts';
import { expression } from '#tests/support/promql-expressions.ts';

/** The tree without positions, and with the matchers of each selector in the order in which they are printed. */
function comparable(query: string): unknown {
  return JSON.parse(
    JSON.stringify(parse(query, ALL_FEATURES), (key, value: unknown) => {
      if (key === 'start' || key === 'end' || key === 'opStart') return undefined;
      if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return String(value);
      if (key === 'matchers' && Array.isArray(value)) return value.map((one) => JSON.stringify(one)).sort();
      return value;
    }),
  );
}

function expectRoundTrip(query: string): void {
  const expected = comparable(query);
  const expr = parse(query, ALL_FEATURES);
  for (const printed of [print(expr), prettyPrint(expr)]) expect(comparable(printed), query).toEqual(expected);
}

describeWithData('round trip of known expressions', () => {
  it('of all test scripts', () => {
    const directories = ['promql/promqltest', 'promql/promqltest-3.15'].map((name) => sharedData(name));
    const queries = directories
      .flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)))
      .filter((path) => path.endsWith('.test'))
      .flatMap((path) => readScript(readFileSync(path, 'utf8')))
      .flatMap((command) => (command.kind === 'eval' ? [command.query] : []));
    expect(queries.length).toBeGreaterThan(1800);
    for (const query of queries) expectRoundTrip(query);
  });

  it('of all recorded queries that parse', () => {
    const directory = sharedData('expected/promql');
    const queries = readdirSync(directory)
      .filter((name) => name.startsWith('queries'))
      .flatMap((name) =>
        gunzipSync(readFileSync(join(directory, name)))
          .toString('utf8')
          .trim()
          .split('\n'),
      )
      .map((line) => JSON.parse(line) as { readonly query: string; readonly error?: string })
      .filter(({ error }) => error?.includes('parse error') !== true)
      .map(({ query }) => query);
    expect(queries.length).toBeGreaterThan(2000);
    for (const query of queries) expectRoundTrip(query);
  });
});

describe('generated expressions', () => {
  it('give the same tree for what was printed, ten thousand times', () => {
    let refused = 0;
    const property = fc.property(expression, (query) => {
      try {
        parse(query, ALL_FEATURES);
      } catch {
        // What follows an offset in parentheses may become part of it, and make it wrong.
        refused++;
        return;
      }
      expectRoundTrip(query);
    });
    fc.assert(property, { numRuns: 11_000, seed: 20_261_130 });
    expect(refused).toBeLessThan(1000);
  });

  const isOwnError = (query: string): boolean => {
    try {
      prettyPrint(prepare(query, ALL_FEATURES).expr);
      return true;
    } catch (error) {
      return error instanceof PromqlError && error.type === 'bad_data';
    }
  };

  it('never crash the parser when they are cut, doubled or changed', () => {
    const mutated = fc
      .tuple(
        expression,
        fc.array(fc.tuple(fc.nat(), fc.nat(6), fc.string({ unit: 'binary', maxLength: 4 })), {
          minLength: 1,
          maxLength: 4,
        }),
      )
      .map(([query, changes]) =>
        changes.reduce((text, [place, removed, added]) => {
          const at = place % (text.length + 1);
          return text.slice(0, at) + added + text.slice(at + removed);
        }, query),
      );
    expect(fc.check(fc.property(mutated, isOwnError), { numRuns: 10_000, seed: 20_261_201 }).counterexample).toBeNull();
  });

  it('nor does any text of the bytes that the language is made of', () => {
    const piece = fc.constantFrom(
      ...Array.from('abmsx019_.:,+-*/%^=!~<>@#(){}[]"\'`\\ \n\u0000\u00e9\ud800\u{1f600}'),
      'sum',
      'by',
      'offset',
      'step()',
      '5m',
      'fill(',
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    expect(fc.check(fc.property(text, isOwnError), { numRuns: 20_000, seed: 20_261_202 }).counterexample).toBeNull();
  });

  it('take time in proportion to their length, also where they are wrong', () => {
    const pieces = [
      'a{b="c"} + ',
      'a[5m] ',
      '"\\x41" ',
      '((',
      'sum by (a, b) (',
      '1_0',
      '# \n',
      'x.',
      '"',
      '`',
      '5m',
      'a offset -',
      '{a=~"x|y",',
      '\\',
      '- ',
      'é',
    ];
    for (const piece of pieces) {
      const text = piece.repeat(Math.floor(900_000 / Buffer.byteLength(piece)));
      const startedMs = performance.now();
      isOwnError(text);
      expect(performance.now() - startedMs, piece).toBeLessThan(3000);
    }
  });
});
