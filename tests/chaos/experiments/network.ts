// Connections that break in the middle, lie, or are slow.
import type { Experiment } from '../experiment.ts';

const EXACT =
  'of all that was acknowledged nothing is lost and nothing is there twice, RED counts are exact, and no client is refused for good';
const STEADY = '1,500 spans/s, 100 log records/s and 100 points/s are acknowledged through a proxy';
const RUNAWAY = 'the collector has more than 4,000 MiB';

export const NETWORK: readonly Experiment[] = [
  {
    name: 'connections-cut',
    hypothesis: `When connections are reset in the middle of requests and answers, requests come again and ${EXACT}.`,
    steadyState: STEADY,
    fault: 'a proxy resets connections: one piece in fifty, and now and then all of them at once',
    blastRadius: 'the connections of these clients',
    abort: RUNAWAY,
    needs: [],
    minutes: 1,
    isProxied: true,
    async inject(stage) {
      const proxies = Object.values(stage.tcp!);
      for (const proxy of proxies) proxy.resetShare = 0.02;
      stage.facts['times that all were reset'] = await stage.repeat(async () => {
        await stage.sleep(stage.random.between(1000, 5000));
        for (const proxy of proxies) proxy.resetAll();
      });
      for (const proxy of proxies) proxy.resetShare = 0;
    },
  },
  {
    name: 'half-open',
    hypothesis: `When connections go silent without being closed, clients come again on others and ${EXACT}.`,
    steadyState: STEADY,
    fault: 'all connections on which something moves go silent for 6 s, again and again',
    blastRadius: 'the connections of these clients',
    abort: RUNAWAY,
    needs: [],
    minutes: 1,
    isProxied: true,
    async inject(stage) {
      const proxies = Object.values(stage.tcp!);
      stage.facts['silences'] = await stage.repeat(async () => {
        for (const proxy of proxies) proxy.isStalled = true;
        stage.note('connections go silent');
        await stage.sleep(6000);
        for (const proxy of proxies) proxy.isStalled = false;
        await stage.sleep(12_000); // until the deadlines have passed
        for (const proxy of proxies) proxy.resetAll();
        await stage.sleep(2000);
      });
    },
  },
  {
    name: 'slow-network',
    hypothesis: `When everything takes 800 ms more each way, ${EXACT}.`,
    steadyState: STEADY,
    fault: 'every piece is delayed by 800 ms',
    blastRadius: 'the connections of these clients',
    abort: RUNAWAY,
    needs: [],
    minutes: 0.5,
    isProxied: true,
    async inject(stage) {
      for (const proxy of Object.values(stage.tcp!)) proxy.delayMs = 800;
      while (!stage.isOver) await stage.sleep(1000);
      for (const proxy of Object.values(stage.tcp!)) proxy.delayMs = 0;
      await stage.sleep(2000);
    },
  },
];
