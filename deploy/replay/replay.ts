// Sends captures to an OTLP receiver: finds the shift to now, paces, bounds what is in flight, and adds up what was answered.

import { nanosOfMs } from '#proto/model/unix-nano.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeRequest } from './decode-request.ts';
import type { OtlpClient } from './otlp-client.ts';
import { CaptureError, type CaptureRequest } from './read/capture-request.ts';
import { readCapture } from './read/read-capture.ts';
import { rebatch } from './rebatch.ts';
import { RequestScan } from './scan-request.ts';
import { TraceCounter } from './trace-counter.ts';

/** How a replay runs. */
export interface ReplayOptions {
  files: string[];
  client: OtlpClient;
  /** Leave all times as recorded; otherwise one offset moves all files together so that they end now. */
  keepTimes: boolean;
  /** Times the recorded pace, or 'max' for as fast as the receiver answers. */
  speed: number | 'max';
  /** Requests in flight. */
  concurrency: number;
  /** Rebuild requests to this many spans; undefined sends them as recorded. */
  spansPerRequest?: number;
  onProgress?(progress: ReplayProgress): void;
  signal?: AbortSignal;
}

/** Where a replay stands; `totalSpans` is 0 until known. */
interface ReplayProgress {
  spans: number;
  requests: number;
  totalItems: number;
  items: number;
}

/**
 * Sums at the end. `spans` and `traces` were in the captures; `refused` counts records (spans, log records, points) that
 * the receiver did not accept; `failures` says why, first ones only.
 */
export interface ReplayResult {
  spans: number;
  traces: number;
  logRecords: number;
  metricPoints: number;
  requests: number;
  unacknowledged: number;
  refused: number;
  seconds: number;
  failures: string[];
}

/** Reasons kept for the report. */
const MAX_FAILURES = 5;
const MS_PER_NS = 1e-6;

/**
 * Replays the files in order and resolves when the last answer is in. Refusals are in the result, not thrown.
 * @throws CaptureError when a file cannot be read
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const needsSurvey = !options.keepTimes || options.speed !== 'max' || options.onProgress !== undefined;
  const survey = needsSurvey ? await surveyCaptures(options.files) : { items: 0, earliestNs: 0, latestNs: 0 };
  const traces = new TraceCounter();
  const scan = new RequestScan(traces);
  const result = {
    spans: 0,
    traces: 0,
    logRecords: 0,
    metricPoints: 0,
    requests: 0,
    unacknowledged: 0,
    refused: 0,
    seconds: 0,
  };
  const failures: string[] = [];
  const startedMs = performance.now();
  const offsetNs = options.keepTimes ? 0n : offsetToNow(survey, options.speed);
  const inFlight = new Set<Promise<void>>();
  let items = 0;

  const send = async (request: CaptureRequest, count: number): Promise<void> => {
    const outcome = await options.client.export(request.signal, bodyOf(request, options));
    if (!outcome.acknowledged) result.unacknowledged++;
    result.refused += outcome.acknowledged ? outcome.rejected : count;
    if ((!outcome.acknowledged || outcome.rejected > 0) && failures.length < MAX_FAILURES)
      failures.push(outcome.message);
  };

  for await (const request of requestsOf(options)) {
    if (options.signal?.aborted === true) break;
    scanOrExplain(scan, request, result.requests, offsetNs);
    const count = scan.items;
    const key = request.signal === 'traces' ? 'spans' : request.signal === 'logs' ? 'logRecords' : 'metricPoints';
    result[key] += count;
    result.requests++;
    items += count;
    if (options.speed !== 'max' && scan.latestNs > 0) {
      const dueMs = ((scan.latestNs - Number(offsetNs) - survey.earliestNs) * MS_PER_NS) / options.speed;
      const aheadMs = dueMs - (performance.now() - startedMs);
      if (aheadMs > 1)
        await sleep(aheadMs, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
          () => undefined,
        );
    }
    const sending: Promise<void> = send(request, count).finally(() => inFlight.delete(sending));
    inFlight.add(sending);
    if (inFlight.size >= options.concurrency) await Promise.race(inFlight);
    options.onProgress?.({ spans: result.spans, requests: result.requests, items, totalItems: survey.items });
  }
  await Promise.all(inFlight);
  return { ...result, traces: traces.size, seconds: Math.round(performance.now() - startedMs) / 1000, failures };
}

function scanOrExplain(
  scan: RequestScan,
  request: CaptureRequest,
  number: number,
  offsetNs: bigint,
  file = 'capture',
): void {
  try {
    if (offsetNs === 0n) scan.scan(request.signal, request.bytes);
    else scan.shift(request.signal, request.bytes, offsetNs);
  } catch (error) {
    throw new CaptureError(
      `${file}: request ${number} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function* requestsOf(options: ReplayOptions): AsyncGenerator<CaptureRequest> {
  for (const file of options.files) {
    if (options.spansPerRequest === undefined) yield* readCapture(file);
    else yield* rebatch(readCapture(file), options.spansPerRequest);
  }
}

function bodyOf(request: CaptureRequest, options: ReplayOptions): Uint8Array | string {
  if (options.client.protocol !== 'http/json') return request.bytes;
  if (options.keepTimes && request.json !== undefined) return request.json;
  return JSON.stringify(decodeRequest(request.signal, request.bytes));
}

interface Survey {
  items: number;
  earliestNs: number;
  latestNs: number;
}

async function surveyCaptures(files: string[]): Promise<Survey> {
  const scan = new RequestScan();
  const survey = { items: 0, earliestNs: 0, latestNs: 0 };
  for (const file of files) {
    let number = 0;
    for await (const request of readCapture(file)) {
      scanOrExplain(scan, request, number++, 0n, file);
      survey.items += scan.items;
      if (scan.latestNs > survey.latestNs) survey.latestNs = scan.latestNs;
      if (scan.earliestNs > 0 && (survey.earliestNs === 0 || scan.earliestNs < survey.earliestNs))
        survey.earliestNs = scan.earliestNs;
    }
  }
  return survey;
}

// At full speed the capture ends now; paced, it ends when the replay does, and nothing lies in the future when it is sent.
function offsetToNow(survey: Survey, speed: number | 'max'): bigint {
  if (survey.latestNs === 0) return 0n;
  const lengthNs = survey.latestNs - survey.earliestNs;
  const aheadNs = speed === 'max' ? 0 : lengthNs / Math.max(1, speed);
  return nanosOfMs(Date.now()) + BigInt(Math.round(aheadNs)) - BigInt(survey.latestNs);
}
