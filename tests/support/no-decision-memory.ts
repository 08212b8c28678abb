// Remembers no decision: every late span starts a trace of its own.
import { UNDECIDED, type DecisionLookup } from '#collector/assemble/decision-lookup.ts';

export class NoDecisionMemory implements DecisionLookup {
  lookup(): number {
    return UNDECIDED;
  }
}
