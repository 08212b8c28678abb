// Notes of an operator: of all pairs of values at one step Prometheus reports the last note only.
import type { Binary } from '../ast.ts';
import type { EvalContext } from './context.ts';
import type { OperatorNote, Outcome } from './operators.ts';

export class LastNotes {
  readonly #byStep = new Map<number, OperatorNote>();

  add(step: number, note: OperatorNote): void {
    this.#byStep.set(step, note);
  }

  report({ scope }: EvalContext, expr: Binary): void {
    for (const { kind, text } of this.#byStep.values()) {
      if (kind === 'warning') scope.annotations.warn(expr, text);
      else scope.annotations.info(expr, text);
    }
  }
}

/** True when the values went together. */
export function noLoss(outcome: Outcome): boolean {
  return outcome.refused !== true;
}
