// Processes that end, or stand still, when nobody expects it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Experiment } from '../experiment.ts';
import { signal } from '../processes.ts';
import type { Stage } from '../stage.ts';
import { ROLES, type Role } from '../winnow-under-test.ts';

const EXACT =
  'of all that was acknowledged nothing is lost and nothing is there twice, RED counts are exact, and no client is refused for good';
const STEADY = '1,500 spans/s, 100 log records/s and 100 points/s are acknowledged, half over gRPC, half over HTTP';
const MORE = { spans: 3000, logs: 200, points: 200 };
const MORE_STEADY =
  '3,000 spans/s, 200 log records/s and 200 points/s are acknowledged, half over gRPC, half over HTTP';
const RUNAWAY = 'the collector has more than 4,000 MiB, or a killed role is not back after 90 s';

async function killAtRandom(stage: Stage, roles: readonly Role[]): Promise<void> {
  const cycles = await stage.repeat(async () => {
    await stage.sleep(stage.random.between(800, 6000));
    await stage.kill(stage.random.pick(roles));
  });
  stage.facts['kill cycles'] = cycles;
}

export const KILLED: readonly Experiment[] = [
  {
    name: 'kill-any',
    hypothesis: `When any process is killed with kill -9, the supervisor too, ${EXACT}.`,
    steadyState: MORE_STEADY,
    fault:
      'kill -9 of a role at random (supervisor, collector, query, ClickHouse), again and again; a killed supervisor is started again at once',
    blastRadius: 'one process of this Winnow at a time',
    abort: RUNAWAY,
    rates: MORE,
    needs: ['linux'],
    minutes: 2,
    inject: (stage) => killAtRandom(stage, ROLES),
  },
  {
    name: 'kill-collector',
    hypothesis: `When the collector is killed with kill -9 again and again, ${EXACT}.`,
    steadyState: STEADY,
    fault: 'kill -9 of the collector, again and again',
    blastRadius: 'the collector',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 1.5,
    inject: (stage) => killAtRandom(stage, ['collector']),
  },
  {
    name: 'kill-twice',
    hypothesis: `When the collector is killed twice within five seconds, ${EXACT}.`,
    steadyState: MORE_STEADY,
    fault: 'kill -9 of the collector, and of the next one within 5 s',
    blastRadius: 'the collector',
    abort: RUNAWAY,
    rates: MORE,
    needs: ['linux'],
    minutes: 2,
    async inject(stage) {
      stage.facts['double kills'] = await stage.repeat(async () => {
        await stage.sleep(stage.random.between(1000, 5000));
        await stage.kill('collector');
        await stage.sleep(stage.random.between(200, 4500));
        await stage.kill('collector');
      });
    },
  },
  {
    name: 'kill-supervisor',
    hypothesis: `When the supervisor is killed with kill -9 and started again at once, the collector of the first never writes beside that of the second: ${EXACT}.`,
    steadyState: STEADY,
    fault: 'kill -9 of the supervisor; the same command again at once',
    blastRadius: 'this Winnow',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 2,
    async inject(stage) {
      stage.facts['kill cycles'] = await stage.repeat(async () => {
        await stage.sleep(stage.random.between(1500, 6000));
        await stage.kill('supervisor');
      });
      stage.facts['starts that failed'] = stage.winnow.failedStarts;
    },
  },
  {
    name: 'kill-clickhouse-in-insert',
    hypothesis: `When ClickHouse is killed while it takes inserts, ${EXACT}.`,
    steadyState: '6,000 spans/s are acknowledged, and inserts never stop',
    fault: 'kill -9 of the embedded ClickHouse every few seconds',
    blastRadius: 'the embedded ClickHouse',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 1,
    rates: { spans: 6000, logs: 500, points: 500 },
    async inject(stage) {
      stage.facts['kill cycles'] = await stage.repeat(async () => {
        await stage.sleep(stage.random.between(300, 3000));
        await stage.kill('clickhouse');
      });
    },
  },
  {
    name: 'pause',
    hypothesis: `When a role stands still for 4 s or 20 s (SIGSTOP: a virtual machine that is moved, a swapping host), ${EXACT}.`,
    steadyState: STEADY,
    fault: 'SIGSTOP, 4 s or 20 s later SIGCONT, of each role in turn',
    blastRadius: 'one process of this Winnow at a time',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 2,
    async inject(stage) {
      stage.facts['pauses'] = await stage.repeat(async (round) => {
        const role = ROLES[round % ROLES.length]!;
        const ms = stage.random.chance(0.5) ? 4000 : 20_000;
        const pid = stage.winnow.pid(role);
        stage.note(`SIGSTOP of ${role} for ${ms / 1000} s`);
        signal(pid, 'SIGSTOP');
        try {
          await stage.sleep(ms);
        } finally {
          signal(pid, 'SIGCONT');
        }
        await stage.sleep(3000);
      });
    },
  },
  {
    name: 'pause-many-calls',
    hypothesis: `When the collector stands still for 4 s with 250 calls under way on each gRPC connection, their retries are taken: ${EXACT}.`,
    steadyState: '250 requests under way at a time',
    fault:
      'SIGSTOP of the collector for 12 s, longer than the deadline of 10 s, while new calls keep coming; then for 4 s',
    blastRadius: 'the collector',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 1,
    rates: { spans: 3000, logs: 500, points: 500 },
    itemsPerRequest: 10,
    mostUnderWay: 1000,
    async inject(stage) {
      stage.facts['pauses'] = await stage.repeat(async (round) => {
        const pid = stage.winnow.pid('collector');
        const ms = round % 2 === 0 ? 12_000 : 4000;
        stage.note(`SIGSTOP of the collector for ${ms / 1000} s, ${stage.client.underWay} requests under way`);
        signal(pid, 'SIGSTOP');
        try {
          await stage.sleep(ms);
        } finally {
          signal(pid, 'SIGCONT');
        }
        stage.note(`goes on, ${stage.client.underWay} requests under way`);
        await stage.sleep(10_000);
      });
      stage.facts['most requests under way'] = stage.client.mostUnderWay;
    },
  },
  {
    name: 'two-collectors',
    hypothesis: `When somebody starts a second collector on the same directory, it waits or refuses: ${EXACT}.`,
    steadyState: STEADY,
    fault: 'a second collector with the same --data, stopped or killed after some seconds, again and again',
    blastRadius: 'this data directory',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 1,
    async inject(stage) {
      stage.facts['second collectors'] = await stage.repeat(async (round) => {
        const second = stage.winnow.startSecondCollector();
        let isReady = false;
        second.on('message', () => {
          isReady = true;
        });
        stage.note('a second collector is started');
        await stage.sleep(stage.random.between(3000, 9000));
        stage.note(
          `it ${second.exitCode === null ? (isReady ? 'is ready beside the first' : 'waits') : `ended with ${second.exitCode}`}; ${round % 2 === 0 ? 'SIGTERM' : 'kill -9'}`,
        );
        if (isReady)
          stage.facts['second collectors that were ready'] =
            Number(stage.facts['second collectors that were ready'] ?? 0) + 1;
        second.kill(round % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
        await stage.sleep(3000);
      });
    },
  },
  {
    name: 'restart-storm',
    hypothesis: `When Winnow is stopped, killed, or all of its processes are killed at once, and started again without a pause ten times, ${EXACT}.`,
    steadyState: STEADY,
    fault: 'SIGTERM to the supervisor, kill -9 of it, or of all processes, each followed by a start at once',
    blastRadius: 'this Winnow',
    abort: RUNAWAY,
    needs: ['linux'],
    minutes: 1.5,
    async inject(stage) {
      stage.facts['restarts'] = await stage.repeat(async (round) => {
        await stage.sleep(stage.random.between(300, 3000));
        const how = (['SIGTERM', 'kill -9', 'kill -9 of all'] as const)[round % 3];
        stage.note(`${how} and a start`);
        if (how === 'kill -9 of all')
          for (const role of ['collector', 'clickhouse', 'query'] as const) stage.winnow.kill(role);
        stage.winnow.kill('supervisor', how === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
        await stage.winnow.supervisorEnded();
        stage.backMs.push(await stage.winnow.startUntilReady());
        await sleep(200);
      });
      stage.facts['starts that failed'] = stage.winnow.failedStarts;
    },
  },
];
