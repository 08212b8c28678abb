// Bodies of inserts on a real connection: whatever becomes of them, their sender reads the answer.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipBody, spoolBody } from '#deploy/embedded-clickhouse/http-request.ts';

const MIB = 1024 * 1024;
let directory: string;
let server: Server;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'winnow-bodies-'));
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function serve(store: (body: IncomingMessage) => Promise<void>): Promise<number> {
  server = createServer((incoming, response) => {
    store(incoming).then(
      () => response.end('stored'),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(error instanceof Error ? error.message : String(error));
      },
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function send(port: number, body: Buffer, encoding?: string): Promise<string> {
  const headers = {
    'content-length': body.length,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  const outgoing = request({ port, method: 'POST', headers });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

describe('the body of an insert', () => {
  const file = (): string => join(directory, 'body');

  it.each([0, 1, 65_536, 16 * MIB + 17])('of %i bytes is kept byte for byte', async (size) => {
    const body = Buffer.from(Array.from({ length: 251 }, (_, i) => i));
    const bytes = Buffer.alloc(size, body);
    const port = await serve((incoming) => spoolBody(incoming, file()));
    expect(await send(port, bytes)).toBe('stored');
    expect(readFileSync(file()).equals(bytes)).toBe(true);
    expect(await send(port, gzipSync(bytes), 'gzip')).toBe('stored');
    expect(readFileSync(file()).equals(bytes)).toBe(true);
  });

  it('of exactly the limit is stored, and of one byte more is answered with code 307 and nothing else', async () => {
    const port = await serve((incoming) => spoolBody(incoming, file(), 3 * MIB));
    expect(await send(port, Buffer.alloc(3 * MIB))).toBe('stored');
    for (let i = 0; i < 3; i++) {
      const tooMany = `Code: 307. DB::Exception: The body is over ${3 * MIB} bytes. (TOO_MANY_BYTES)`;
      expect(await send(port, Buffer.alloc(3 * MIB + 1))).toBe(tooMany);
      expect(await send(port, Buffer.alloc(40 * MIB))).toMatch(/^Code: 307\./);
      expect(await send(port, gzipSync(Buffer.alloc(40 * MIB)), 'gzip')).toMatch(/^Code: 307\./);
    }
  });

  it('that cannot be written is answered as one to send again', async () => {
    const port = await serve((incoming) => spoolBody(incoming, '/dev/full'));
    const noSpace = /^Code: 243\. DB::Exception: .*ENOSPC.*\(NOT_ENOUGH_SPACE\)$/;
    for (const size of [1, 5000, 20 * MIB]) expect(await send(port, Buffer.alloc(size))).toMatch(noSpace);
    const nowhere = await serve((incoming) => spoolBody(incoming, join(directory, 'not', 'there')));
    expect(await send(nowhere, Buffer.alloc(20 * MIB))).toMatch(/^Code: 210\. DB::Exception: .*ENOENT/);
  });

  it('that is refused is read to its end', async () => {
    const port = await serve(async (incoming) => {
      await skipBody(incoming);
      throw new Error('Code: 243. not now');
    });
    expect(await send(port, Buffer.alloc(30 * MIB))).toBe('Code: 243. not now');
  });
});
