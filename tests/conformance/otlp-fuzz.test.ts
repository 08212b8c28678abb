// Hostile and odd request bodies, each with the outcome it must have, through the HTTP receiver and the index behind it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { createSpanMemory } from '#collector/model/span-memory.ts';
import type { Intake, IntakeAnswer, IntakeRequest } from '#collector/receive/intake.ts';
import type { Listening } from '#collector/receive/listen.ts';
import { startOtlpHttp } from '#collector/receive/otlp-http.ts';
import { otlpType } from '../support/otlp-proto.ts';
import { sendHttp, type WireAnswer } from '../support/recorded-requests.ts';
import { describeWithData, sharedData } from '../support/shared-data.ts';

interface FuzzCase {
  readonly file: string;
  readonly expect: string;
  readonly why: string;
}

const TraceRequest = otlpType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

class IndexingIntake implements Intake {
  readonly #index = new RequestIndex(createSpanMemory(16, 1));
  lastBody = Buffer.alloc(0);
  spans = 0;
  rejected = 0;

  accept(request: IntakeRequest): IntakeAnswer {
    this.lastBody = Buffer.from(request.body);
    const problem = this.#index.index(request.body);
    this.spans = this.#index.count;
    this.rejected = this.#index.rejectedCount;
    if (problem !== undefined) return { kind: 'malformed', message: problem };
    return { kind: 'accepted', rejected: this.rejected, message: this.rejected > 0 ? 'spans with bad ids' : '' };
  }

  refused(): void {
    this.spans = 0;
    this.rejected = 0;
  }
}

describeWithData('request bodies with a known outcome', () => {
  let server: Listening;
  const intake = new IndexingIntake();
  beforeAll(async () => {
    server = await startOtlpHttp({ host: '127.0.0.1', port: 0 }, intake);
  });
  afterAll(() => server.close());

  function post(directory: string, file: string, type: string): Promise<WireAnswer> {
    const body = readFileSync(sharedData(`fuzz/${directory}/${file}`));
    return sendHttp(server.port, { method_or_path: '/v1/traces', headers: { Host: 'x', 'Content-Type': type }, body });
  }

  /** Status, spans taken and spans rejected must fit what the case asks for. */
  function check(expected: string, answer: WireAnswer): void {
    const got = { status: answer.status, rejected: intake.rejected };
    switch (expected) {
      case 'accept':
      case 'accept-as-root':
      case 'accept-or-truncate':
      case 'accept-drop-link':
        expect(got).toEqual({ status: 200, rejected: 0 });
        return;
      case 'reject':
        expect(got).toEqual({ status: 400, rejected: 0 });
        expect(intake.spans).toBe(0);
        expect(answer.body.length).toBeGreaterThan(4);
        return;
      case 'reject-span':
        expect(got.status).toBe(200);
        expect(got.rejected).toBeGreaterThan(0);
        // partial_success is there.
        expect(answer.body.length).toBeGreaterThan(2);
        return;
      default:
        expect([200, 400, 413]).toContain(answer.status);
    }
  }

  for (const [directory, type] of [
    ['otlp-json', 'application/json'],
    ['otlp-pb-derived', 'application/x-protobuf'],
  ] as const) {
    describe(directory, () => {
      const cases = JSON.parse(readFileSync(sharedData(`fuzz/${directory}/index.json`), 'utf8')) as FuzzCase[];
      it.each(cases.map((fuzz) => [fuzz.file, fuzz.expect, fuzz.why] as const))('%s: %s (%s)', async (file, expected) => {
        check(expected, await post(directory, file, type));
      });
    });
  }

  it('OTLP/JSON keeps every digit of a time that a double could not hold', async () => {
    await post('otlp-json', '06-time-odd-ns.json', 'application/json');
    const decoded = TraceRequest.toObject(TraceRequest.decode(intake.lastBody), { longs: String }) as {
      resourceSpans: { scopeSpans: { spans: { startTimeUnixNano: string }[] }[] }[];
    };
    expect(decoded.resourceSpans[0]!.scopeSpans[0]!.spans[0]!.startTimeUnixNano).toBe('1700000000000000001');
  });
});
