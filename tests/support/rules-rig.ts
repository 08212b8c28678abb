// Rules on a virtual clock: the runtime as it is, over series in memory that show a sample two seconds after it was written, as the product does.
import { setTimeout as sleep } from 'node:timers/promises';
import { configSchema } from '#proto/config/schema.ts';
import { InProcessEvaluator } from '#query/evaluation/in-process.ts';
import { DEFAULT_ENGINE_OPTIONS } from '#query/promql/engine.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { markStale } from '#query/promql/stale.ts';
import { Alertmanagers } from '#query/rules/alertmanager/alertmanagers.ts';
import { alertSender } from '#query/rules/alertmanager/send-alerts.ts';
import { evaluateGroup } from '#query/rules/evaluate-group.ts';
import type { RuleSample } from '#query/rules/model.ts';
import { parseRuleFile, problemText } from '#query/rules/parse-rule-file.ts';
import { queryOfRules } from '#query/rules/run/ask-query.ts';
import { FreshSamples } from '#query/rules/run/fresh-samples.ts';
import { RulesRuntime, type RuleConfig } from '#query/rules/run/rules-runtime.ts';
import { SampleQueue } from '#query/rules/run/sample-queue.ts';
import { keptLog } from './kept-log.ts';
import { MemoryStore } from './memory-series-store.ts';
import { turns, type VirtualClock } from './virtual-clock.ts';

const VISIBLE_AFTER_MS = 2000;
const OPTIONS = { names: 'utf8', ignoreUnknownFields: false } as const;

export interface RulesRigOptions {
  readonly clock: VirtualClock;
  /** That of a former process, for a restart. */
  readonly store?: MemoryStore;
  /** Addresses, separated by commas. */
  readonly alertmanagers?: string;
  readonly rules?: Record<string, unknown>;
}

export class RulesRig {
  readonly store: MemoryStore;
  readonly runtime: RulesRuntime;
  /** What was written, in order. */
  readonly written: RuleSample[] = [];
  readonly lines: readonly string[];
  readonly files = new Map<string, string>();
  readonly #clock: VirtualClock;
  readonly #options: RulesRigOptions;

  constructor(options: RulesRigOptions) {
    const { clock } = options;
    this.#clock = clock;
    this.#options = options;
    this.store = options.store ?? new MemoryStore();
    const { log, lines } = keptLog();
    this.lines = lines;
    const fresh = new FreshSamples(clock.nowMs);
    const engine = DEFAULT_ENGINE_OPTIONS;
    const evaluator = new InProcessEvaluator(this.store, engine);
    const queue = new SampleQueue({
      send: async (samples) => {
        this.written.push(...samples);
        clock.after(VISIBLE_AFTER_MS, () => this.#show(samples));
        return Promise.resolve({ kind: 'accepted', refused: 0, message: '' });
      },
      clock,
      fresh,
      log,
    });
    this.runtime = new RulesRuntime(this.config(), {
      evaluate: evaluateGroup,
      query: queryOfRules({
        evaluator: () => evaluator,
        fresh,
        features: engine.features,
        lookbackMs: engine.lookbackMs,
        timeoutMs: engine.limits.timeoutMs,
      }),
      select: (matchers, startMs, endMs) => this.store.select(matchers, { startMs, endMs }, engine.limits),
      files: {
        find: (pattern) => [...this.files.keys()].filter((path) => path === pattern),
        read: (path) => {
          const bytes = Buffer.from(this.files.get(path) ?? '');
          const { file, problems, warnings } = parseRuleFile(path, bytes, { features: engine.features, ...OPTIONS });
          return { groups: file?.groups ?? [], problems: problems.map(problemText), warnings };
        },
      },
      fresh,
      queue,
      alertmanagers: new Alertmanagers({
        senderOf: (address) => alertSender(address, () => Promise.reject(new Error('there are no files'))),
        log,
        elapsedMs: () => performance.now(),
        wait: (ms) => sleep(ms, undefined, { ref: false }),
      }),
      ownUrl: () => 'http://winnow.example',
      clock,
      log,
    });
  }

  config(): RuleConfig {
    const { rules = {}, alertmanagers = '' } = this.#options;
    return configSchema.parse({ rules: { files: ['rules.yaml'], ...rules }, alertmanagers });
  }

  /** Puts the text of a rule file in force. */
  load(yaml: string): void {
    this.files.set('rules.yaml', yaml);
    this.runtime.configure(this.config());
  }

  /** Samples of a series, which the store shows at once. */
  add(labels: Readonly<Record<string, string>>, points: readonly (readonly [timeMs: number, value: number])[]): void {
    this.store.add({
      labels: LabelSet.from(Object.entries(labels)),
      timesMs: Float64Array.from(points, ([timeMs]) => timeMs),
      values: Float64Array.from(points, ([, value]) => value),
    });
  }

  /** Moves the clock; before each step, everything that the former caused has happened, requests to Alertmanagers too. */
  async advance(ms: number): Promise<void> {
    await this.#clock.advance(ms, async () => {
      await turns();
      while (this.runtime.alertmanagers.queues.some(({ isIdle }) => !isIdle)) await sleep(1);
    });
  }

  /** Values that were written of a series, by time. */
  pointsOf(name: string): (readonly [timeMs: number, value: RuleSample['value']])[] {
    return this.written
      .filter(({ labels }) => labels.get('__name__') === name)
      .map(({ timeMs, value }) => [timeMs, value] as const);
  }

  #show(samples: readonly RuleSample[]): void {
    for (const { labels, timeMs, value } of samples) {
      const values = new Float64Array(1);
      if (value === 'stale') markStale(values, 0);
      else if (typeof value === 'number') values[0] = value;
      const histograms = typeof value === 'object' ? { histograms: [value] } : {};
      this.store.add({ labels, timesMs: Float64Array.of(timeMs), values, ...histograms });
    }
  }
}
