// Alerts on their way to Alertmanagers that take them, are slow, are gone, or answer nonsense.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { Alertmanagers } from '#query/rules/alertmanager/alertmanagers.ts';
import { alertSender, alertsUrl, type AlertmanagerAddress } from '#query/rules/alertmanager/send-alerts.ts';
import type { ActiveAlert } from '#query/rules/model.ts';
import { FakeAlertmanager } from '#tests/support/fake-alertmanager.ts';
import { keptLog } from '#tests/support/kept-log.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
let fake: FakeAlertmanager;
let lines: readonly string[];
let all: Alertmanagers;
let files: Record<string, string>;

beforeEach(async () => {
  fake = await FakeAlertmanager.start();
  files = {};
  const kept = keptLog();
  lines = kept.lines;
  all = new Alertmanagers({
    senderOf: (address) =>
      alertSender(address, (path) => {
        const text = files[path];
        return text === undefined ? Promise.reject(new Error(`no such file: ${path}`)) : Promise.resolve(text);
      }),
    log: kept.log,
    elapsedMs: () => performance.now(),
    wait: (ms) => sleep(ms, undefined, { ref: false }),
  });
});
afterEach(() => fake.stop());

function address(more: Partial<AlertmanagerAddress> = {}): AlertmanagerAddress {
  return { url: fake.url, path_prefix: '', timeout: 2000, ...more };
}

function configure(...addresses: AlertmanagerAddress[]): void {
  const externalLabels = new Map([['cluster', 'a'], ['job', 'never'], ['none', '']]); // prettier-ignore
  all.configure({ addresses, externalLabels, externalUrl: 'https://winnow.example/' }, 1000);
}

function alert(n: number): ActiveAlert {
  return {
    labels: LabelSet.from(Object.entries({ alertname: 'High', job: 'shop', n: String(n) })),
    annotations: new Map([['summary', 'too much']]),
    state: 'firing',
    value: 1,
    activeAtMs: NOW_MS - 5000,
    firedAtMs: NOW_MS,
    resolvedAtMs: undefined,
    keepFiringSinceMs: undefined,
    lastSentAtMs: NOW_MS,
    validUntilMs: NOW_MS + 240_000,
  };
}

async function sent(queues = all.queues): Promise<void> {
  for (const deadline = Date.now() + 10_000; queues.some(({ isIdle }) => !isIdle);) {
    if (Date.now() > deadline) throw new Error('the queues do not become empty');
    await sleep(5);
  }
}

test('an alert has the external labels that it lacks, its times and a link to its expression', async () => {
  configure(address());
  all.send('sum(rate(errors[5m])) > 0.5', [alert(1)]);
  await sent();
  expect(fake.requests).toEqual([
    {
      path: '/api/v2/alerts',
      authorization: undefined,
      alerts: [
        {
          labels: { alertname: 'High', job: 'shop', n: '1', cluster: 'a' },
          annotations: { summary: 'too much' },
          startsAt: '2026-01-01T00:00:00.000Z',
          endsAt: '2026-01-01T00:04:00.000Z',
          generatorURL: 'https://winnow.example/metrics?q=sum%28rate%28errors%5B5m%5D%29%29+%3E+0.5',
        },
      ],
    },
  ]);
  const link = new URL(fake.alerts[0]?.generatorURL ?? '');
  expect(link.searchParams.get('q')).toBe('sum(rate(errors[5m])) > 0.5');
});

test('alerts go in batches, in order, and the oldest are dropped when too many wait', async () => {
  configure(address());
  all.send(
    'up',
    Array.from({ length: 600 }, (_, n) => alert(n)),
  );
  await sent();
  expect(fake.requests.map(({ alerts }) => alerts.length)).toEqual([256, 256, 88]);
  expect(fake.alerts.map(({ labels }) => labels['n'])).toEqual(Array.from({ length: 600 }, (_, n) => String(n)));

  const held: (() => void)[] = [];
  fake.misbehave = (_request, response) => void held.push(() => response.end());
  all.send('up', [alert(0)]);
  while (held.length === 0) await sleep(5);
  for (let at = 0; at < 11; at++)
    all.send(
      'up',
      Array.from({ length: 1000 }, (_, n) => alert(1000 * at + n)),
    );
  const [queue] = all.queues;
  expect([queue?.length, queue?.counts.dropped]).toEqual([10_000, 1000]);
  fake.misbehave = undefined;
  held[0]?.();
  await sent();
  expect(fake.alerts[600]?.labels['n']).toBe('1000');
  expect(queue?.counts).toMatchObject({ sent: 600 + 1 + 10_000, errors: 0, dropped: 1000 });
  expect(lines.join('')).toContain('the queue of alerts is full');
  expect(fake.refused).toEqual([]);
});

test('one that fails holds up no other; its alerts are counted and not sent again', async () => {
  const other = await FakeAlertmanager.start();
  try {
    fake.misbehave = (_request, response) => response.writeHead(500).end(`broken ${'x'.repeat(1_000_000)}`);
    configure(address(), address({ url: other.url, path_prefix: '/am/' }));
    all.send('up', [alert(1), alert(2)]);
    await sent();
    expect(other.requests.map(({ path, alerts }) => [path, alerts.length])).toEqual([['/am/api/v2/alerts', 2]]);
    const [failing, well] = all.queues;
    expect(failing?.counts).toMatchObject({ sent: 0, errors: 2, dropped: 2 });
    expect([failing?.isFailing, well?.isFailing]).toEqual([true, false]);
    expect(lines.join('').length).toBeLessThan(600);
    expect(lines.join('')).toContain('answered with status 500: broken xxx');
    fake.misbehave = undefined;
    all.send('up', [alert(3)]);
    await sent();
    expect(fake.alerts.map(({ labels }) => labels['n'])).toEqual(['3']);
    expect(failing?.isFailing).toBe(false);
  } finally {
    await other.stop();
  }
});

test('no redirect is followed, and nobody is waited for beyond the timeout', async () => {
  const other = await FakeAlertmanager.start();
  try {
    configure(address());
    fake.misbehave = (_request, response) => response.writeHead(307, { location: `${other.url}/api/v2/alerts` }).end();
    all.send('up', [alert(1)]);
    await sent();
    expect(lines.at(-1)).toContain('answered with status 307');
    expect(other.requests).toEqual([]);
    fake.misbehave = () => undefined;
    configure(address({ timeout: 100 }));
    all.send('up', [alert(2)]);
    await sent();
    expect(lines.at(-1)).toContain('no answer within 0.1 s');
  } finally {
    await other.stop();
  }
});

test('credentials are read from their files at each request, and shown nowhere', async () => {
  files = { '/password': 's3cret\n', '/token': 'first' };
  configure(address({ basic_auth: { username: 'winnow', password_file: '/password' } }));
  all.send('up', [alert(1)]);
  await sent();
  configure(address({ authorization: { type: 'Bearer', credentials_file: '/token' } }));
  all.send('up', [alert(2)]);
  await sent();
  files['/token'] = 'second';
  all.send('up', [alert(3)]);
  await sent();
  const basic = `Basic ${Buffer.from('winnow:s3cret').toString('base64')}`;
  expect(fake.requests.map(({ authorization }) => authorization)).toEqual([basic, 'Bearer first', 'Bearer second']);
  configure(address({ url: fake.url.replace('//', '//me:hidden@') }));
  expect(all.queues.map(({ url }) => url)).toEqual([alertsUrl(address())]);
  files = {};
  configure(address({ authorization: { type: 'Bearer', credentials_file: '/token' } }));
  all.send('up', [alert(4)]);
  await sent();
  expect(lines.at(-1)).toContain('no such file: /token');
  expect(lines.join('')).not.toMatch(/s3cret|hidden|second/);
});

test('a changed configuration keeps what waits for an Alertmanager that stays', async () => {
  fake.misbehave = (_request, response) => setTimeout(() => response.end(), 50);
  configure(address());
  const [before] = all.queues;
  all.send('up', [alert(1)]);
  configure(address(), address({ url: 'http://127.0.0.1:9', timeout: 50 }));
  expect(all.queues[0]).toBe(before);
  configure();
  expect(all.queues).toEqual([]);
  all.send('up', [alert(2)]);
  await sent([before!]);
  expect(before?.counts).toMatchObject({ sent: 1, dropped: 0 });
});

test('at the end what waits is sent; what is not sent in time is dropped and counted', async () => {
  configure(address());
  all.send(
    'up',
    Array.from({ length: 300 }, (_, n) => alert(n)),
  );
  await all.close(2000);
  expect(fake.alerts).toHaveLength(300);
  fake.misbehave = () => undefined;
  const [queue] = all.queues;
  all.send('up', [alert(1)]);
  expect(queue?.length).toBe(0);

  configure(address({ timeout: 2500 }));
  all.send(
    'up',
    Array.from({ length: 300 }, (_, n) => alert(n)),
  );
  await all.close(50);
  expect(all.queues[0]?.counts).toMatchObject({ sent: 0, dropped: 44 });
});
