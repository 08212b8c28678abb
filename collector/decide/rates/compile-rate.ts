// `keep: { adaptive: { goal: 10%, per: […] } }` and `keep: { throughput: { spans_per_second: 50, per: […] } }`, compiled.
import { configError } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import type { Compiler } from '../rules/condition.ts';
import { HALF, parseProbability } from '#proto/model/threshold.ts';
import { isMap } from '../rules/written-map.ts';
import type { RateGoal } from './rate-interval.ts';
import { RateSampler } from './rate-sampler.ts';
import { compileStratum, type StratumOf } from './stratum.ts';

/** A rate in force: whose threshold, and by which key. */
export interface Rate {
  readonly sampler: RateSampler;
  readonly stratum: StratumOf;
  /** As it stands in the configuration: the same text means the same rate. */
  readonly written: string;
}

const KINDS = ['adaptive', 'throughput'];
const GOAL_KEYS: Readonly<Record<string, string>> = { adaptive: 'goal', throughput: 'spans_per_second' };
const REMEDY =
  'write { adaptive: { goal: 10%, per: [service] } } or { throughput: { spans_per_second: 50, per: [service] } }';

export function compileRate(
  written: Readonly<Record<string, unknown>>,
  path: string,
  compiler: Compiler,
): Rate | undefined {
  const { errors } = compiler;
  const [kind, ...more] = Object.keys(written);
  if (kind === undefined || more.length > 0 || !KINDS.includes(kind)) {
    const remedy = kind !== undefined && !KINDS.includes(kind) ? didYouMean(kind, KINDS) : REMEDY;
    errors.push(configError(path, written, 'is no rate', remedy));
    return undefined;
  }
  const settings = written[kind];
  const goalKey = GOAL_KEYS[kind]!;
  if (!isMap(settings)) {
    errors.push(configError(`${path}.${kind}`, settings ?? 'nothing', 'is no map', REMEDY));
    return undefined;
  }
  const stranger = Object.keys(settings).find((key) => key !== goalKey && key !== 'per');
  if (stranger !== undefined) {
    errors.push(
      configError(
        `${path}.${kind}.${stranger}`,
        undefined,
        'is no setting of a rate',
        didYouMean(stranger, [goalKey, 'per']),
      ),
    );
    return undefined;
  }
  const goal = kind === 'adaptive' ? adaptiveGoal(settings[goalKey]) : throughputGoal(settings[goalKey]);
  if (goal === undefined) {
    errors.push(configError(`${path}.${kind}.${goalKey}`, settings[goalKey] ?? 'nothing', 'is no goal', REMEDY));
    return undefined;
  }
  const stratum = compileStratum(settings['per'], `${path}.${kind}.per`, compiler);
  return stratum === undefined
    ? undefined
    : { sampler: new RateSampler(goal), stratum, written: JSON.stringify(written) };
}

function adaptiveGoal(written: unknown): RateGoal | undefined {
  const threshold = typeof written === 'string' ? parseProbability(written) : undefined;
  const share = threshold === undefined ? 0 : 1 - (threshold.hi + threshold.lo / HALF) / HALF;
  return share > 0 ? { kind: 'adaptive', share } : undefined;
}

function throughputGoal(written: unknown): RateGoal | undefined {
  return typeof written === 'number' && written > 0 && Number.isFinite(written)
    ? { kind: 'throughput', spansPerSecond: written }
    : undefined;
}
