// Every recorded request of real SDKs, byte for byte over real sockets: what the receivers hand on is what was recorded.
import http2 from 'node:http2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Intake, IntakeRequest, RefusalReason } from '#collector/receive/intake.ts';
import type { Listening } from '#collector/receive/listen.ts';
import { startOtlpGrpc } from '#collector/receive/otlp-grpc.ts';
import { startOtlpHttp } from '#collector/receive/otlp-http.ts';
import type { Signal } from '#proto/otlp/signal.ts';
import { digest, linesOf, type Lines } from '../support/otlp-digests.ts';
import {
  recordedRequests,
  recordedSets,
  recordedSummary,
  sendGrpc,
  sendHttp,
  type WireAnswer,
} from '../support/recorded-requests.ts';
import { describeWithData } from '../support/shared-data.ts';

/** Compressions that are refused by name. */
const notUnderstood = /snappy|lz4/;

/** A success has an Export response without partial_success, in the encoding that the answer names. */
function outcomeOf(answer: WireAnswer, undecodable: string | undefined): string {
  const body = answer.body.toString('latin1');
  if (answer.status === 0) return body === '\0\0\0\0\0' ? 'taken whole' : 'a response that says more';
  if (answer.status === 200)
    return body === (answer.headers['content-type'] === 'application/json' ? '{}' : '')
      ? 'taken whole'
      : 'a response that says more';
  return answer.status === 400 && undecodable !== undefined && body.includes(undecodable)
    ? 'refused, naming the value'
    : `${answer.status} ${answer.message} ${body}`;
}

class RecordingIntake implements Intake {
  lines: Lines = { spanLines: [], spanContents: [], logContents: [], pointContents: [] };
  refusals: [Signal, RefusalReason][] = [];

  accept(request: IntakeRequest): { kind: 'accepted'; rejected: 0; message: '' } {
    linesOf(request.signal, request.body, this.lines);
    return { kind: 'accepted', rejected: 0, message: '' };
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.refusals.push([signal, reason]);
  }
}

describeWithData('recorded requests of SDKs and Collectors', () => {
  let grpc: Listening;
  let http: Listening;
  let session: http2.ClientHttp2Session;
  let intake = new RecordingIntake();
  const seam: Intake = {
    accept: (request) => intake.accept(request),
    refused: (signal, reason) => intake.refused(signal, reason),
  };

  beforeAll(async () => {
    grpc = await startOtlpGrpc({ host: '127.0.0.1', port: 0 }, seam);
    http = await startOtlpHttp({ host: '127.0.0.1', port: 0 }, seam);
    session = http2.connect(`http://127.0.0.1:${grpc.port}`);
  });
  afterAll(async () => {
    session.close();
    await Promise.all([grpc.close(), http.close()]);
  });

  const summary = recordedSummary();
  const sets = recordedSets();
  it('are forty-eight sets', () => expect(sets.length).toBe(48));

  for (const set of sets.filter((name) => !notUnderstood.test(name))) {
    it(`${set} arrives whole: every span, log record and point with all its content`, async () => {
      intake = new RecordingIntake();
      const expected = summary[set]!;
      for (const request of recordedRequests(set)) {
        if (request.answer !== 'ok' && request.answer !== 'partial') continue;
        const answer =
          request.transport === 'grpc' ? await sendGrpc(session, request) : await sendHttp(http.port, request);
        const undecodable = expected.undecodable_requests?.[String(request.n)];
        expect([request.n, outcomeOf(answer, undecodable)]).toEqual([
          request.n,
          undecodable === undefined ? 'taken whole' : 'refused, naming the value',
        ]);
      }
      expect({
        spans: intake.lines.spanLines.length,
        logs: intake.lines.logContents.length,
        points: intake.lines.pointContents.length,
        span_lines_sha256: digest(intake.lines.spanLines),
        span_content_sha256: digest(intake.lines.spanContents),
        log_content_sha256: digest(intake.lines.logContents),
        point_content_sha256: digest(intake.lines.pointContents),
      }).toEqual({
        spans: expected.spans,
        logs: expected.logs,
        points: expected.points,
        span_lines_sha256: expected.span_lines_sha256,
        span_content_sha256: expected.span_content_sha256,
        log_content_sha256: expected.log_content_sha256,
        point_content_sha256: expected.point_content_sha256,
      });
    });
  }

  for (const set of sets.filter((name) => notUnderstood.test(name))) {
    it(`${set} is refused, naming the compression and the ones that are understood`, async () => {
      intake = new RecordingIntake();
      const requests = recordedRequests(set);
      for (const request of requests) {
        const name = notUnderstood.exec(set)![0];
        const answer =
          request.transport === 'grpc' ? await sendGrpc(session, request) : await sendHttp(http.port, request);
        expect(answer.status).toBe(request.transport === 'grpc' ? 12 : 415);
        expect(`${answer.message} ${answer.body.toString()}`).toContain(name);
        expect(`${answer.message} ${answer.body.toString()}`).toContain('understood are gzip, deflate, zstd, identity');
      }
      expect(intake.refusals).toHaveLength(requests.length);
      expect(intake.refusals.every(([, reason]) => reason === 'unsupported_encoding')).toBe(true);
    });
  }
});
