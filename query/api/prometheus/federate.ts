// /federate: the newest sample of every series that is asked for, as text for another Prometheus to scrape.
import type { FastifyInstance } from 'fastify';
import { formatGo } from '#query/promql/format-number.ts';
import { usesCustomBuckets, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { isLegacyLabelName, METRIC_NAME, type LabelSet } from '#query/promql/labels.ts';
import { compareText } from '#query/promql/compare-text.ts';
import type { EngineOptions } from '#query/promql/engine.ts';
import { parseSelector } from '#query/promql/parse.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import type { Series, SeriesStore } from '#query/promql/storage.ts';
import { STATUS_OF } from './envelope.ts';
import { clientSignal, urlParams } from './request-parts.ts';

const PLAIN_TEXT = 'text/plain; charset=utf-8';
/** Metric names may have colons. */
const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

interface Newest {
  readonly labels: LabelSet;
  readonly timeMs: number;
  readonly point: number | FloatHistogram;
}

/** The newest sample, unless it is a staleness marker: those have no form in text. */
function newestOf({ labels, timesMs, values, histograms }: Series): Newest | undefined {
  const at = timesMs.length - 1;
  if (at < 0 || isStaleWord(wordsOf(values), at)) return undefined;
  return { labels, timeMs: timesMs[at]!, point: histograms?.[at] ?? values[at]! };
}

/** How names that are no identifiers are written: with underscores, or, where the client takes UTF-8, in quotes. */
class Writer {
  readonly #utf8: boolean;

  constructor(utf8: boolean) {
    this.#utf8 = utf8;
  }

  get contentType(): string {
    return `text/plain; version=${this.#utf8 ? '1.0.0' : '0.0.4'}; charset=utf-8; escaping=${this.#utf8 ? 'allow-utf-8' : 'underscores'}`;
  }

  type(name: string, type: string): string {
    return `# TYPE ${this.#metric(name) ?? quoted(name)} ${type}\n`;
  }

  line(name: string, labels: readonly (readonly [string, string])[], value: number, timeMs: number): string {
    const metric = this.#metric(name);
    const pairs = labels.map(([label, text]) => `${this.#label(label)}=${quoted(text)}`);
    const inBraces = metric === undefined ? [quoted(name), ...pairs] : pairs;
    return `${metric ?? ''}${inBraces.length === 0 ? '' : `{${inBraces.join(',')}}`} ${formatGo(value)} ${timeMs}\n`;
  }

  #metric(name: string): string | undefined {
    if (LEGACY_METRIC_NAME.test(name)) return name;
    return this.#utf8 ? undefined : underscored(name, /[a-zA-Z0-9_:]/);
  }

  #label(name: string): string {
    if (isLegacyLabelName(name)) return name;
    return this.#utf8 ? quoted(name) : underscored(name, /[a-zA-Z0-9_]/);
  }
}

function underscored(name: string, allowed: RegExp): string {
  return Array.from(name, (one, at) => (allowed.test(one) && !(at === 0 && /\d/.test(one)) ? one : '_')).join('');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** Labels without the name. A series without `instance` says so, as scrapers would give it theirs otherwise. */
function labelsOf(labels: LabelSet): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [...labels.entries()].filter(([name]) => name !== METRIC_NAME);
  if (labels.get('instance') === '') pairs.push(['instance', '']);
  return pairs;
}

/** A histogram with custom bounds as the classic one that it stands for. */
function classicLines(writer: Writer, { labels, timeMs }: Newest, histogram: FloatHistogram): string {
  const name = labels.get(METRIC_NAME);
  const pairs = labelsOf(labels);
  const { positive, customValues, count, sum } = histogram;
  let text = '';
  let below = 0;
  let at = 0;
  for (const [index, bound] of customValues.entries()) {
    for (; at < positive.indexes.length && positive.indexes[at]! <= index; at++) below += positive.counts[at]!;
    text += writer.line(`${name}_bucket`, [...pairs, ['le', formatGo(bound)]], below, timeMs);
  }
  text += writer.line(`${name}_bucket`, [...pairs, ['le', '+Inf']], count, timeMs);
  return text + writer.line(`${name}_sum`, pairs, sum, timeMs) + writer.line(`${name}_count`, pairs, count, timeMs);
}

/** Series by name, each name with its type before it. Exponential histograms have no form in text. */
function exposition(all: readonly Newest[], writer: Writer): string {
  let text = '';
  let family = '';
  for (const one of all) {
    const name = one.labels.get(METRIC_NAME);
    if (name === '') continue;
    const { point } = one;
    if (typeof point !== 'number' && !usesCustomBuckets(point)) continue;
    const type = typeof point === 'number' ? 'untyped' : 'histogram';
    if (family !== `${name} ${type}`) text += writer.type(name, type);
    family = `${name} ${type}`;
    text +=
      typeof point === 'number'
        ? writer.line(name, labelsOf(one.labels), point, one.timeMs)
        : classicLines(writer, one, point);
  }
  return text;
}

async function newestSamples(
  store: SeriesStore,
  { lookbackMs, limits }: EngineOptions,
  selectors: readonly string[],
  nowMs: number,
  signal: AbortSignal,
): Promise<Newest[]> {
  const sets = selectors.map((text) => parseSelector(text).matchers);
  const found = new Map<string, Newest>();
  for (const matchers of sets)
    for (const series of await store.select(matchers, { startMs: nowMs - lookbackMs, endMs: nowMs }, limits, signal)) {
      const newest = newestOf(series);
      if (newest !== undefined) found.set(series.labels.key, newest);
    }
  return [...found.values()].sort((a, b) => compareText(a.labels.get(METRIC_NAME), b.labels.get(METRIC_NAME)));
}

export function registerFederation(
  app: FastifyInstance,
  store: SeriesStore,
  engine: EngineOptions,
  now: () => number,
): void {
  for (const prefix of ['', '/prometheus'])
    app.get(`${prefix}/federate`, async (request, reply) => {
      const writer = new Writer(/escaping=allow-utf-8/.test(request.headers.accept ?? ''));
      try {
        const selectors = urlParams(request).all('match[]');
        const samples = await newestSamples(store, engine, selectors, now(), clientSignal(reply));
        return await reply.type(writer.contentType).send(exposition(samples, writer));
      } catch (error) {
        if (!(error instanceof PromqlError)) throw error;
        const status = error.type === 'bad_data' ? STATUS_OF.bad_data : STATUS_OF.internal;
        return reply.code(status).type(PLAIN_TEXT).send(`${error.message}\n`);
      }
    });
}
