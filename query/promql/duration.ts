// Evaluates the durations of a query: `5m`, but also `5m + step()`.
import type { Duration } from './ast.ts';
import { PromqlError } from './promql-error.ts';

/** What step() and range() stand for in a query; an instant query has 0 for both. */
export interface DurationScope {
  readonly stepMs: number;
  readonly rangeMs: number;
}

const MAX_DURATION_MS = 2 ** 63 / 1e6;

/** Milliseconds of a duration, negative ones allowed only where `signed`. Errors carry character offsets, as Prometheus' do. */
export function durationMs(duration: Duration, scope: DurationScope, signed: boolean): number {
  const seconds = evaluate(duration, scope);
  const fail = (message: string): never => {
    throw new PromqlError('bad_data', `${duration.start}:${duration.end}: ${message}`);
  };
  if (!Number.isFinite(seconds)) return fail('duration is NaN or infinite');
  const valueMs = Math.trunc(Math.round(seconds * 1e6) / 1e3);
  if (Math.abs(valueMs) > MAX_DURATION_MS) return fail('duration is out of range');
  if (!signed && valueMs <= 0) return fail('duration must be greater than 0');
  return valueMs;
}

function evaluate(duration: Duration, scope: DurationScope): number {
  switch (duration.kind) {
    case 'number':
      return duration.seconds;
    case 'step':
      return scope.stepMs / 1000;
    case 'range':
      return scope.rangeMs / 1000;
    case 'paren':
      return evaluate(duration.expr, scope);
    case 'negate':
      return -evaluate(duration.expr, scope);
    case 'min_of':
      return Math.min(evaluate(duration.left, scope), evaluate(duration.right, scope));
    case 'max_of':
      return Math.max(evaluate(duration.left, scope), evaluate(duration.right, scope));
    case 'binary': {
      const left = evaluate(duration.left, scope);
      const right = evaluate(duration.right, scope);
      if ((duration.op === '/' || duration.op === '%') && right === 0) {
        throw new PromqlError(
          'bad_data',
          `${duration.start}:${duration.end}: ${duration.op === '/' ? 'division' : 'modulo'} by zero`,
        );
      }
      switch (duration.op) {
        case '+':
          return left + right;
        case '-':
          return left - right;
        case '*':
          return left * right;
        case '/':
          return left / right;
        case '%':
          return left % right;
        case '^':
          return left ** right;
      }
    }
  }
}
