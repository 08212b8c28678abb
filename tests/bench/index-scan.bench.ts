// Spans per CPU-second of the index alone, with its full check of the structure.
// Run: node tests/bench/index-scan.bench.ts
import { createSpanMemory } from '#collector/model/span-memory.ts';
import { RequestIndex } from '#collector/assemble/request-index.ts';
import { frames } from '#tests/support/frames.ts';

const ROUNDS = 10;
const WARM_ROUNDS = 3;
const REQUESTS_TOGETHER = 20;

const single = frames('otlp/online-boutique-9min.otlp.pb.frames');
// Requests of repeated resource_spans add up by being put behind one another: about 1,000 spans each, as a busy client sends.
const batched: Buffer[] = [];
for (let at = 0; at < single.length; at += REQUESTS_TOGETHER)
  batched.push(Buffer.concat(single.slice(at, at + REQUESTS_TOGETHER)));

for (const [name, requests] of [
  ['as captured', single],
  ['1,000 spans a request', batched],
] as const) {
  const index = new RequestIndex(createSpanMemory(1, 1));
  let spans = 0;
  let bytes = 0;
  let started = process.cpuUsage();
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    if (round === 0) {
      spans = 0;
      bytes = 0;
      started = process.cpuUsage();
    }
    for (const request of requests) {
      const problem = index.index(request);
      if (problem !== undefined) throw new Error(problem);
      spans += index.count;
      bytes += request.length;
    }
  }
  const { user, system } = process.cpuUsage(started);
  const cpuSeconds = (user + system) / 1e6;
  console.log(
    JSON.stringify({
      bench: 'index scan',
      name,
      spansPerCpuSecond: Math.round(spans / cpuSeconds),
      megabytesPerCpuSecond: Math.round(bytes / cpuSeconds / 1e6),
    }),
  );
}
