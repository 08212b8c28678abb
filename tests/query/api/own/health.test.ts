// GET /api/health: what the collector says of itself and whether ClickHouse answers, over real HTTP and with the words of a real collector's answers.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { StateResponse } from '#proto/api/health.ts';
import { CollectorLink } from '#query/collector/collector-link.ts';
import { stateNow } from '#query/api/own/health.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A collector whose probes answer so. */
async function collector(readyz: [number, unknown], healthz: [number, unknown]): Promise<CollectorLink> {
  server = createServer((request, response) => {
    const [status, body] = request.url === '/readyz' ? readyz : healthz;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  return new CollectorLink(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const store = (isReachable: boolean) => ({ isReachable: () => Promise.resolve(isReachable) });
const disk = 'the disk is full: free some';
const spool = 'two blocks are refused: winnow spool list';

it('is ready where nothing is the matter', async () => {
  const link = await collector([200, { status: 'ready' }], [200, { status: 'alive' }]);
  expect(StateResponse.parse(await stateNow(link, store(true)))).toEqual({
    collector: 'ready',
    store: 'ready',
    not_ready: [],
    degraded: [],
  });
});

it('says what refuses requests and what only hinders, each once', async () => {
  const link = await collector(
    [503, { status: 'not ready', reasons: [disk] }],
    [200, { status: 'degraded', reasons: [disk, spool] }],
  );
  expect(await stateNow(link, store(false))).toEqual({
    collector: 'not ready',
    store: 'unreachable',
    not_ready: [disk],
    degraded: [spool],
  });
});

it('is unreachable where nobody answers, or somebody else does', async () => {
  const nobody = new CollectorLink('http://127.0.0.1:1');
  const other = await collector([200, { status: 7 }], [404, 'no']);
  for (const link of [nobody, other])
    expect(await stateNow(link, store(true))).toEqual({
      collector: 'unreachable',
      store: 'ready',
      not_ready: [],
      degraded: [],
    });
});
