// An intake for the receivers' tests: remembers what came and gives the answer that the test sets.
import type { Intake, IntakeAnswer, IntakeRequest, RefusalReason } from '#collector/receive/intake.ts';
import type { Signal } from '#proto/otlp/signal.ts';

export class TestIntake implements Intake {
  readonly requests: (Omit<IntakeRequest, 'body'> & { readonly body: Buffer })[] = [];
  readonly refusals: [Signal, RefusalReason][] = [];
  answer: IntakeAnswer | Promise<IntakeAnswer> = { kind: 'accepted', rejected: 0, message: '' };

  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer> {
    this.requests.push({ ...request, body: Buffer.from(request.body) });
    return this.answer;
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.refusals.push([signal, reason]);
  }
}
