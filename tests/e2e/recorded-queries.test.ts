// The answers that were recorded from a real Prometheus, asked of the running product over HTTP, with the data sent into it by remote write. Settings
// are those of the flags that each file was recorded under.
import { afterEach, expect, it } from 'vitest';
import type { ResultJson } from '#query/api/prometheus/result-json.ts';
import { expectKnownFailures, readKnownFailures, type Outcome } from '#tests/support/known-failures.ts';
import { difference, readLines, type RecordedQuery } from '#tests/support/promql-oracle.ts';
import type { RecordedSeries } from '#tests/support/recorded-series.ts';
import { remoteWrite } from '#tests/support/remote-write.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { describeWithData } from '#tests/support/shared-data.ts';

const LIST = new URL('../conformance/promql-known-failures.txt', import.meta.url);
const SERIES_PER_REQUEST = 40;
const ASKED_TOGETHER = 2;
const TIMEOUT_MS = 900_000;

const EXPERIMENTAL = 'promql-experimental-functions, promql-extended-range-selectors, promql-binop-fill-modifiers';
const FILES = [
  ['queries', 1, ''],
  ['queries-experimental', 2, `query: {features: [${EXPERIMENTAL}]}\n`],
  ['queries-delayed-name-removal', 2, 'query: {features: [promql-delayed-name-removal]}\n'],
  ['queries-limits', 2, 'query: {max_samples: 1000}\n'],
] as const;

interface Answer {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: ResultJson;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

function urlOf(recorded: RecordedQuery): string {
  const params = new URLSearchParams({ query: recorded.query });
  for (const name of ['time', 'start', 'end', 'step', 'lookback_delta', 'limit'] as const) {
    const value = recorded[name];
    if (value !== undefined) params.set(name, String(value));
  }
  return `/api/v1/${recorded.kind === 'instant' ? 'query' : 'query_range'}?${params.toString()}`;
}

function asSet(texts: readonly string[] | undefined): string {
  return JSON.stringify([...(texts ?? [])].sort());
}

function problemOf(answer: Answer, recorded: RecordedQuery): string | undefined {
  const wanted = `${recorded.status} ${recorded.errorType ?? ''} ${recorded.error ?? ''}`;
  const got = `${answer.status} ${answer.errorType ?? ''} ${answer.error ?? ''}`;
  if (got !== wanted) return `${got}, wanted ${wanted}`;
  if (answer.data !== undefined && recorded.data !== undefined) {
    const differs = difference(answer.data, recorded.data, recorded.ordered === true);
    if (differs !== undefined) return differs;
  }
  for (const kind of ['warnings', 'infos'] as const)
    if (asSet(answer[kind]) !== asSet(recorded[kind]))
      return `${kind} ${asSet(answer[kind])}, wanted ${asSet(recorded[kind])}`;
  return undefined;
}

describeWithData('recorded queries over HTTP', () => {
  let winnow: RunningWinnow | undefined;
  afterEach(() => winnow?.stop());

  it.each(FILES)(
    '%s, its data written by %i.0',
    async (name, version, config) => {
      winnow = await RunningWinnow.start(config);
      const series = readLines('expected/promql/dataset.jsonl.gz') as RecordedSeries[];
      for (let from = 0; from < series.length; from += SERIES_PER_REQUEST) {
        const some = series.slice(from, from + SERIES_PER_REQUEST);
        const { status } = await remoteWrite(winnow.addresses['otlp_http']!, version, some);
        expect(status).toBe(204);
      }
      await winnow.settled();
      const left = readLines(`expected/promql/${name}.jsonl.gz`) as RecordedQuery[];
      const outcomes: Outcome[] = [];
      const ask = async (address: string): Promise<void> => {
        for (let one = left.shift(); one !== undefined; one = left.shift()) {
          const answer = await fetch(`http://${address}${urlOf(one)}`);
          outcomes.push({ id: one.id, problem: problemOf((await answer.json()) as Answer, one) });
        }
      };
      const address = winnow.addresses['http']!;
      await Promise.all(Array.from({ length: ASKED_TOGETHER }, () => ask(address)));
      console.log(
        `${name}: ${outcomes.filter((one) => one.problem === undefined).length} of ${outcomes.length} answers equal the recorded ones`,
      );
      expectKnownFailures(outcomes, readKnownFailures(LIST, name));
    },
    TIMEOUT_MS,
  );
});
