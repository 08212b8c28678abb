// Raises and lowers T_min: below it, traces that are not in the buffer yet are refused. A step halves the probability that one is;
// only a load that stays beyond the bound raises it, and steps are bounded. Pure: the clock and the load come in.
import { HALF } from '#proto/model/threshold.ts';
import { Smoothed } from './smoothed.ts';
import { gauge, type Metric } from '#collector/model/metric-table.ts';

export interface OverloadSettings {
  readonly enabled: boolean;
  /** Part of the buffer in use above which T_min rises, and below which it falls. */
  readonly raiseAbove: number;
  readonly lowerBelow: number;
  /** Lag of the event loop above which T_min rises, ms; below half of it it falls. */
  readonly lagMs: number;
  /** The load must be beyond its bound for so long before a step up; before a step down three times as long. */
  readonly stepMs: number;
  /** No trace's chance falls below this. */
  readonly leastProbability: number;
}

/** What T_min was raised for. */
export type OverloadCause = 'buffer' | 'event_loop';

/** A weight of a million says nothing of the trace it stands on: 2^-20 is the end whatever the configuration says. */
const MOST_STEPS = 20;
/** Calm must last longer than storm, or T_min swings. */
const CALM_STEPS = 3;
/** Part of the lag's bound below which the loop is calm. */
const CALM_LAG = 0.5;

/** T_min after so many steps, its high half. */
export function leastHiOf(steps: number): number {
  return HALF - HALF / 2 ** steps;
}

export class OverloadControl {
  /** T_min in force, high half of 28 bits; its low half is always 0. */
  leastHi = 0;
  /** Halvings in force: the probability is 2^-steps. */
  steps = 0;
  raised = 0;
  lowered = 0;
  /** Whether the last step was up, and why that was. */
  isRising = false;
  cause: OverloadCause = 'buffer';
  #settings: OverloadSettings;
  readonly #pressure = new Smoothed();
  readonly #lag = new Smoothed();
  /** Since when the load has been beyond its bound, or calm, without a break; NaN = it is not. */
  #highSinceMs = Number.NaN;
  #calmSinceMs = Number.NaN;

  constructor(settings: OverloadSettings) {
    this.#settings = settings;
  }

  /** Probability that a new trace is accepted. */
  get probability(): number {
    return 2 ** -this.steps;
  }

  /** Part of the buffer in use, smoothed. */
  get pressure(): number {
    return this.#pressure.value;
  }

  /** Lag of the event loop, ms, smoothed. */
  get lagMs(): number {
    return this.#lag.value;
  }

  /** Of a reload; switched off, T_min falls at the next {@link tell}. */
  reconfigure(settings: OverloadSettings): void {
    this.#settings = settings;
  }

  /**
   * Takes the load as it is now, at every tick.
   * @param pressure part of the buffer in use @param lagMs how much later than asked for the tick came
   * @param nowMs collector clock; never goes back
   * @returns whether T_min changed
   */
  update(pressure: number, lagMs: number, nowMs: number): boolean {
    const { enabled, raiseAbove, lowerBelow, lagMs: mostLagMs, stepMs } = this.#settings;
    this.#pressure.update(pressure, nowMs);
    // One long pause is no trend: it counts as no more than twice the bound.
    this.#lag.update(Math.min(lagMs, mostLagMs * 2), nowMs);
    if (!enabled) return this.#step(-this.steps);
    const isFull = this.pressure > raiseAbove;
    const isLagging = this.lagMs > mostLagMs;
    const isCalm = this.pressure < lowerBelow && this.lagMs < mostLagMs * CALM_LAG;
    this.#highSinceMs =
      !isFull && !isLagging ? Number.NaN : Number.isNaN(this.#highSinceMs) ? nowMs : this.#highSinceMs;
    this.#calmSinceMs = !isCalm ? Number.NaN : Number.isNaN(this.#calmSinceMs) ? nowMs : this.#calmSinceMs;
    if (nowMs - this.#highSinceMs >= stepMs) {
      this.#highSinceMs = nowMs;
      this.cause = isFull ? 'buffer' : 'event_loop';
      return this.#step(Math.min(1, this.#mostSteps - this.steps));
    }
    if (nowMs - this.#calmSinceMs >= stepMs * CALM_STEPS) {
      this.#calmSinceMs = nowMs;
      return this.#step(Math.max(-1, -this.steps));
    }
    return false;
  }

  get #mostSteps(): number {
    return Math.min(MOST_STEPS, Math.max(0, Math.floor(-Math.log2(this.#settings.leastProbability))));
  }

  #step(by: number): boolean {
    if (by === 0) return false;
    this.steps += by;
    this.isRising = by > 0;
    this.leastHi = leastHiOf(this.steps);
    if (by > 0) this.raised++;
    else this.lowered++;
    return true;
  }
}

export const OVERLOAD_METRICS: readonly Metric<OverloadControl>[] = [
  gauge(
    'winnow_overload_probability',
    'how likely a trace that is new is taken in: below 1 while overload turns traces away',
    (control) => control.probability,
  ),
  {
    name: 'winnow_overload_transitions_total',
    kind: 'counter',
    labels: ['direction'],
    help: 'steps of that probability: up = half as likely, down = twice as likely',
    read: ({ raised, lowered }) => [
      [{ direction: 'up' }, raised],
      [{ direction: 'down' }, lowered],
    ],
  },
  gauge(
    'winnow_event_loop_lag_seconds',
    'how far the event loop is behind, averaged over seconds',
    ({ lagMs }) => lagMs / 1000,
  ),
];
