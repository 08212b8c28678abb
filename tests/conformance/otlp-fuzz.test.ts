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

  /** What came of a request: refused with a message, taken in part and said so, or taken. */
  function outcomeOf(answer: WireAnswer): string {
    const hasBody = answer.body.length > 2;
    if (answer.status === 400)
      return intake.spans === 0 && intake.rejected === 0 && hasBody ? 'reject' : 'reject without a word, or in part';
    if (answer.status !== 200) return `status ${answer.status}`;
    if (intake.rejected > 0) return hasBody ? 'reject-span' : 'reject-span without partial_success';
    return 'accept';
  }

  for (const [directory, type] of [
    ['otlp-json', 'application/json'],
    ['otlp-pb-derived', 'application/x-protobuf'],
  ] as const) {
    describe(`bodies of ${directory}`, () => {
      const cases = JSON.parse(readFileSync(sharedData(`fuzz/${directory}/index.json`), 'utf8')) as FuzzCase[];
      it.each(cases.map((fuzz) => [fuzz.file, fuzz.expect, fuzz.why] as const))(
        '%s: %s (%s)',
        async (file, expected) => {
          expect(allowedOutcomes(expected)).toContain(outcomeOf(await post(directory, file, type)));
        },
      );
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

function allowedOutcomes(expected: string): readonly string[] {
  switch (expected) {
    case 'reject':
    case 'reject-span':
      return [expected];
    case 'accept-or-reject-span':
      return ['accept', 'reject-span'];
    case 'accept':
    case 'accept-as-root':
    case 'accept-or-truncate':
    case 'accept-drop-link':
      return ['accept'];
    default:
      return ['accept', 'reject', 'reject-span'];
  }
}
