// Overload as an operator meets it: a buffer that stays full, T_min going up step by step and down again, every span accounted for.
import { expect, it } from 'vitest';
import { ANY_PORTS, RunningRole } from '../support/running-role.ts';
import { conserved } from '../support/running-winnow.ts';
import { traceRequest } from '../support/trace-requests.ts';

const TRACES_PER_REQUEST = 1000;
const SPANS_PER_TRACE = 4;
const FLAGS = [
  '--store=none',
  '--buffer.max_bytes=32MiB',
  '--sampling.wait.max=10s',
  '--sampling.overload.raise_above=40%',
  '--sampling.overload.lower_below=20%',
  '--sampling.overload.step_every=100ms',
  '--sampling.overload.least_probability=10%',
  ...ANY_PORTS,
];

/** Traces whose root never comes: they fill the buffer until their wait is over. */
function rootless(request: number): Buffer {
  return traceRequest(
    Array.from({ length: TRACES_PER_REQUEST * SPANS_PER_TRACE }, (_, i) => ({
      trace: request * TRACES_PER_REQUEST + Math.floor(i / SPANS_PER_TRACE) + 1,
      span: (i % SPANS_PER_TRACE) + 2,
      parent: 1,
      padding: 400,
    })),
  );
}

it(
  'turns new traces away while the buffer stays full, says so, and takes them in again afterwards',
  { timeout: 60_000 },
  async () => {
    await using collector = new RunningRole('collector', FLAGS);
    const { otlp_http: address } = await collector.addresses();
    const metric = async (name: string): Promise<number> => {
      const text = await (await collector.admin('/metrics')).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return line === undefined ? 0 : Number(line.slice(name.length));
    };
    const send = async (request: number): Promise<void> => {
      const answer = await fetch(`http://${address}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(rootless(request)),
      });
      expect(answer.status).toBe(200);
    };
    let sent = 0;
    for (; sent < 9; sent++) await send(sent);
    await expect.poll(() => metric('winnow_overload_probability'), { interval: 20, timeout: 10_000 }).toBe(0.125);
    const before = await metric('winnow_overload_traces_shed_total');
    await send(sent++);
    const shed = (await metric('winnow_overload_traces_shed_total')) - before;
    expect(Math.abs(shed - TRACES_PER_REQUEST * 0.875)).toBeLessThan(4 * Math.sqrt(TRACES_PER_REQUEST * 0.125 * 0.875));
    expect(await metric('winnow_spans_sampled_out_total{rule="overload"}')).toBe(shed * SPANS_PER_TRACE);
    expect(await metric('winnow_overload_transitions_total{direction="up"}')).toBe(3);
    await expect.poll(() => metric('winnow_overload_probability'), { interval: 100, timeout: 30_000 }).toBe(1);
    await expect.poll(() => metric('winnow_spans_pending'), { interval: 100, timeout: 30_000 }).toBe(0);
    const { spans } = await collector.ledger();
    expect(spans.received).toBe(sent * TRACES_PER_REQUEST * SPANS_PER_TRACE);
    expect(conserved(spans)).toBe(true);
    expect(await collector.end()).toBe(0);
    expect(collector.stderr).toMatch(/overload: of 8 new traces about one is taken in/);
    expect(collector.stderr).toMatch(/overload is over: every trace is taken in again/);
  },
);
