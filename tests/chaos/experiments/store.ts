// ClickHouse away, overloaded, or silent after it has done what it was asked; and requests that are hard to store.
import { gzipSync } from 'node:zlib';
import { WireWriter } from '#proto/wire/writer.ts';
import type { Experiment } from '../experiment.ts';
import { residentMib } from '../processes.ts';
import type { Stage } from '../stage.ts';

const EXACT =
  'of all that was acknowledged nothing is lost and nothing is there twice, RED counts are exact, and no client is refused for good';
const STEADY = '1,500 spans/s, 100 log records/s and 100 points/s are acknowledged';
const RUNAWAY = 'the collector has more than 4,000 MiB';
/** TOO_MANY_PARTS, MEMORY_LIMIT_EXCEEDED, TIMEOUT_EXCEEDED. */
const OVERLOADS = [252, 241, 159];
const EMPTY_RECORD = '1200';
/** 19 MB of empty log records are 220 kB as gzip. */
const POISON_RECORDS = 9_500_000;
/** The receiver takes at most so many bytes for one that came. */
const MOST_RATIO = 95;

const AWAY_RATES = { spans: 3000, logs: 200, points: 200 };
/** Spans that wait for their trace or for their block are never fewer than those of some seconds. */
const CAUGHT_UP_S = 8;
const MOST_CATCH_UP_S = 120;
/** Blocks that stay in memory have come by then, and the buffers have their size. */
const WARM_MS = 60_000;
/** Once it is back ClickHouse stores so many times what comes. */
const LEAST_CATCH_UP = 5;

/** A request of so many empty log records. */
function emptyLogRecords(count: number, stage: Stage): Buffer {
  const writer = new WireWriter(count * 2 + 64);
  const resource = writer.open(1);
  const scope = writer.open(2);
  writer.raw(Buffer.alloc(count * 2, Buffer.from(EMPTY_RECORD, 'hex')));
  writer.close(scope);
  writer.close(resource);
  const plain = Buffer.from(writer.finish());
  // An unknown field of random bytes, so that the ratio of compression is one that receivers let pass.
  writer.bytesField(
    100,
    Buffer.from(Array.from({ length: Math.ceil(plain.length / MOST_RATIO) }, () => stage.random.whole(0, 255))),
  );
  return gzipSync(writer.finish());
}

/** Of spans, by the ledger. */
async function spansOf(stage: Stage): Promise<{ readonly stored: number; readonly pending: number }> {
  const { spans } = JSON.parse(await stage.winnow.admin('/ledger')) as {
    spans: { readonly stored: number; readonly pending: number };
  };
  return spans;
}

/** Waits until what ClickHouse missed is stored, while as much as before keeps coming. Returns spans stored a second meanwhile. */
async function catchUp(stage: Stage, spansPerSecond: number): Promise<number> {
  const fromMs = performance.now();
  const { stored } = await spansOf(stage);
  for (;;) {
    await stage.sleep(500);
    const now = await spansOf(stage);
    const seconds = (performance.now() - fromMs) / 1000;
    if (now.pending < CAUGHT_UP_S * spansPerSecond || seconds > MOST_CATCH_UP_S) return (now.stored - stored) / seconds;
  }
}

export const STORE: readonly Experiment[] = [
  {
    name: 'clickhouse-away',
    hypothesis: `When ClickHouse is away, requests are taken until the caps are reached, memory stays flat (within 10 % after the first minute), what waits is stored ${LEAST_CATCH_UP} times as fast as it comes, and ${EXACT}.`,
    steadyState: '3,000 spans/s are acknowledged',
    fault: 'connections to ClickHouse are refused for all of the time but the last seconds',
    blastRadius: 'the way from this collector to its ClickHouse',
    abort: RUNAWAY,
    needs: [],
    minutes: 2,
    hasClickHouseProxy: true,
    rates: AWAY_RATES,
    async inject(stage) {
      stage.clickhouse!.isAway = true;
      stage.note('ClickHouse is away');
      const pid = stage.winnow.pid('collector') ?? 0;
      await stage.sleep(WARM_MS);
      const early = residentMib(pid);
      while (!stage.isOver) await stage.sleep(1000);
      const late = residentMib(pid);
      stage.clickhouse!.isAway = false;
      stage.note('ClickHouse is back');
      const perSecond = await catchUp(stage, AWAY_RATES.spans);
      stage.note(`${Math.round(perSecond)} spans/s were stored until nothing but the last seconds waited`);
      stage.facts['caught up at so many times the rate'] = Number((perSecond / AWAY_RATES.spans).toFixed(1));
      stage.facts['memory after a minute, MiB'] = Math.round(early);
      stage.facts['memory in the end, MiB'] = Math.round(late);
      stage.facts['memory grew by, %'] = Math.round((late / early - 1) * 100);
    },
    async alsoChecks(stage) {
      const grew = Number(stage.facts['memory grew by, %']);
      const times = Number(stage.facts['caught up at so many times the rate']);
      return [
        ...(grew > 10 ? [`memory grew by ${grew} % while ClickHouse was away`] : []),
        ...(times < LEAST_CATCH_UP ? [`what waited was stored at ${times} times the rate`] : []),
      ];
    },
  },
  {
    name: 'answers-lost',
    hypothesis: `When 10 % of the inserts are done and their answers lost, ${EXACT}.`,
    steadyState: STEADY,
    fault: 'a proxy before ClickHouse breaks the connection after 10 % of the inserts',
    blastRadius: 'the way from this collector to its ClickHouse',
    abort: RUNAWAY,
    needs: [],
    minutes: 1,
    hasClickHouseProxy: true,
    async inject(stage) {
      stage.clickhouse!.lostShare = 0.1;
      while (!stage.isOver) await stage.sleep(1000);
      stage.clickhouse!.lostShare = 0;
      stage.facts['answers lost'] = stage.clickhouse!.lost;
    },
  },
  {
    name: 'overloaded',
    hypothesis: `When ClickHouse answers that it is overloaded, the writer slows down and ${EXACT}.`,
    steadyState: STEADY,
    fault: 'inserts get TOO_MANY_PARTS, MEMORY_LIMIT_EXCEEDED or TIMEOUT_EXCEEDED for 8 s, again and again',
    blastRadius: 'the way from this collector to its ClickHouse',
    abort: RUNAWAY,
    needs: [],
    minutes: 1,
    hasClickHouseProxy: true,
    async inject(stage) {
      stage.facts['overloads'] = await stage.repeat(async (round) => {
        stage.clickhouse!.errorCode = OVERLOADS[round % OVERLOADS.length];
        stage.note(`inserts get code ${stage.clickhouse!.errorCode}`);
        await stage.sleep(8000);
        stage.clickhouse!.errorCode = undefined;
        await stage.sleep(4000);
      });
    },
  },
  {
    name: 'poison',
    hypothesis: `When clients send two requests of 9,500,000 empty log records each (220 kB as gzip), they are refused or stored in pieces, the event loop is never held up for more than 2 s, and of everybody else's telemetry ${EXACT}.`,
    steadyState: STEADY,
    fault: 'two such requests, one after the other',
    blastRadius: 'this Winnow',
    abort: RUNAWAY,
    needs: [],
    minutes: 1,
    async inject(stage) {
      const body = emptyLogRecords(POISON_RECORDS, stage);
      stage.facts['bytes of the request'] = body.length;
      let worstMs = 0;
      const looking = { isOver: false };
      const watch = (async () => {
        while (!looking.isOver) {
          const startedMs = performance.now();
          await fetch(`http://${stage.winnow.addresses['admin']}/healthz`, { signal: AbortSignal.timeout(60_000) })
            .then((answer) => answer.text())
            .catch(() => '');
          worstMs = Math.max(worstMs, performance.now() - startedMs);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      for (let round = 0; round < 2; round++) {
        stage.note('a poison request is sent');
        const answer = await fetch(`http://${stage.winnow.addresses['otlp_http']}/v1/logs`, {
          method: 'POST',
          body: new Uint8Array(body),
          headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
          signal: AbortSignal.timeout(60_000),
        }).then(
          async (response) => `${response.status} ${(await response.text()).slice(0, 100)}`,
          (error: unknown) => String(error),
        );
        stage.note(`it is answered: ${answer}`);
        await stage.sleep(3000);
      }
      while (!stage.isOver) await stage.sleep(1000);
      looking.isOver = true;
      await watch;
      stage.facts['longest wait for /healthz, ms'] = Math.round(worstMs);
    },
    async alsoChecks(stage) {
      const worst = Number(stage.facts['longest wait for /healthz, ms']);
      return worst > 2000 ? [`/healthz had to wait for ${worst} ms`] : [];
    },
  },
];
