// Reads the configuration again while the collector runs. All or nothing: what is in force changes only when the whole file is sound.
import { createHash } from 'node:crypto';
import { configError, formatConfigError, type ConfigError, type Result } from '#proto/config/config-error.ts';
import type { LoadedConfig } from '#proto/config/load.ts';
import type { Config } from '#proto/config/schema.ts';
import { isOfQuery, SETTINGS, valueOf } from '#proto/config/settings.ts';
import { compileSampling } from '#collector/decide/rules/compile-sampling.ts';
import type { Metric } from '#collector/model/metric-table.ts';
import type { Log } from '#proto/log/log.ts';

/** Hex digits of the hash: enough to tell configurations apart by eye. */
const HASH_DIGITS = 12;

export interface ReloadHost {
  readonly load: () => Result<LoadedConfig, readonly ConfigError[]>;
  /** MUST put both in force at once. */
  readonly apply: (config: Config) => void;
}

/** What POST /reload answers. */
export interface ReloadOutcome {
  readonly result: 'applied' | 'unchanged' | 'refused';
  /** Of what is in force afterwards. */
  readonly hash: string;
  /** Each mistake with path, value and remedy; then the old rules stay. */
  readonly errors: readonly string[];
  /** Changed settings that only a restart applies. */
  readonly restart: readonly string[];
}

/** Hash of what a reload can change. */
function reloadableHash(config: Config): string {
  const values = SETTINGS.filter(({ key, reload }) => reload && !isOfQuery(key)).map(({ key }) => [
    key,
    valueOf(config, key),
  ]);
  const text = JSON.stringify(values, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}

/** The last reading of the configuration while running. */
export interface LastReload extends ReloadOutcome {
  readonly at_ms: number;
  readonly asked: 'file' | 'request';
}

export class ConfigReload {
  readonly counts = new Map<ReloadOutcome['result'], number>([
    ['applied', 0],
    ['unchanged', 0],
    ['refused', 0],
  ]);
  readonly #started: Config;
  readonly #host: ReloadHost;
  readonly #log: Log;
  readonly #nowMs: () => number;
  #hash: string;
  #isEmptyFile: boolean;
  /** What is in force. */
  config: Config;
  last: LastReload | undefined;

  /** @param nowMs Unix ms @param isEmptyFile the file it was started with says nothing */
  constructor(started: Config, host: ReloadHost, log: Log, nowMs: () => number, isEmptyFile = false) {
    this.#isEmptyFile = isEmptyFile;
    this.#nowMs = nowMs;
    this.config = started;
    this.#started = started;
    this.#host = host;
    this.#log = log;
    this.#hash = reloadableHash(started);
  }

  get hash(): string {
    return this.#hash;
  }

  /** @param asked by whom: a change of the file, or a request */
  run(asked: 'file' | 'request'): ReloadOutcome {
    const outcome = this.#read(asked);
    this.last = { ...outcome, at_ms: this.#nowMs(), asked };
    return outcome;
  }

  #read(asked: 'file' | 'request'): ReloadOutcome {
    const loaded = this.#host.load();
    if (!loaded.ok) return this.#refuse(asked, loaded.error);
    const { config, warnings, notices, blockPath, sourceOf, isEmptyFile, file } = loaded.value;
    // An editor that saves in place, or a full disk, leaves a file without text: that is no wish for the defaults.
    if (isEmptyFile && !this.#isEmptyFile)
      return this.#refuse(asked, [
        configError(
          '',
          undefined,
          `${file} is empty, and the one in force is not`,
          'write the settings again, or {} for the defaults',
        ),
      ]);
    const decider = compileSampling(config.sampling, blockPath);
    if (!decider.ok)
      return this.#refuse(
        asked,
        decider.error.map((error) => ({ ...error, source: sourceOf(error.path) })),
      );
    const restart = this.#needRestart(config);
    const hash = reloadableHash(config);
    const result = hash === this.#hash ? 'unchanged' : 'applied';
    if (result === 'applied') this.#host.apply(config);
    if (result === 'applied') this.config = config;
    this.#isEmptyFile = isEmptyFile;
    this.#hash = hash;
    this.#count(result);
    for (const warning of warnings) this.#log.warn({}, warning);
    for (const notice of notices) this.#log.info({}, notice);
    if (restart.length > 0) this.#log.warn({ settings: restart }, 'these settings changed and take a restart');
    this.#log.info(
      { hash, asked, result, rules: decider.value.names.length - 1 },
      result === 'applied' ? 'new rules and waits are in force' : 'rules and waits are as before',
    );
    return { result, hash, errors: [], restart };
  }

  #refuse(asked: string, errors: readonly ConfigError[]): ReloadOutcome {
    const mistakes = errors.map(formatConfigError);
    this.#count('refused');
    this.#log.error(
      { asked, errors: mistakes, hash: this.#hash },
      'the configuration was refused: the rules in force stay',
    );
    return { result: 'refused', hash: this.#hash, errors: mistakes, restart: [] };
  }

  #count(result: ReloadOutcome['result']): void {
    this.counts.set(result, (this.counts.get(result) ?? 0) + 1);
  }

  #needRestart(config: Config): string[] {
    const textOf = (of: Config, key: string): string => JSON.stringify(valueOf(of, key)) ?? '';
    return SETTINGS.filter(({ key, reload }) => !reload && textOf(config, key) !== textOf(this.#started, key)).map(
      ({ key }) => key,
    );
  }
}

export const RELOAD_METRICS: readonly Metric<ConfigReload>[] = [
  {
    name: 'winnow_config_reloads_total',
    kind: 'counter',
    labels: ['result'],
    help: 'readings of the configuration while running: applied, unchanged, or refused for its mistakes',
    read: ({ counts }) => [...counts].map(([result, count]) => [{ result }, count]),
  },
  {
    name: 'winnow_config_info',
    kind: 'gauge',
    labels: ['hash'],
    help: '1; hash of the rules and waits in force',
    read: ({ hash }) => [[{ hash }, 1]],
  },
];
