// What Winnow asks of ClickHouse's HTTP interface, through the client it uses: the same suite for the embedded one and
// for a real server.
import type { ClickHouseClient } from '@clickhouse/client';
import { createClient } from '@clickhouse/client';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBlock } from '#collector/store/block.ts';
import { ArrayColumn } from '#collector/store/columns/array-columns.ts';
import { DictionaryColumn } from '#collector/store/columns/dictionary-column.ts';
import { FixedStringColumn, Int64Column } from '#collector/store/columns/fixed-columns.ts';
import { StringColumn } from '#collector/store/columns/string-column.ts';
import { insertBlock } from '#collector/store/insert-block.ts';
import { makeTables } from '#tests/support/make-tables.ts';

export interface ContractServer {
  url: string;
  stop(): Promise<void>;
}

export function clickHouseHttpContract(name: string, start: () => Promise<ContractServer>): void {
  describe(`ClickHouse's HTTP interface: ${name}`, () => {
    let server: ContractServer;
    let admin: ClickHouseClient;
    let client: ClickHouseClient;
    const database = `winnow_contract_${randomUUID().replaceAll('-', '')}`;

    beforeAll(async () => {
      server = await start();
      admin = createClient({ url: server.url, log: { level: 127 } });
      await admin.command({ query: `CREATE DATABASE ${database}` });
      client = createClient({ url: server.url, database, log: { level: 127 } });
      await client.command({
        query:
          'CREATE TABLE t (id UInt64, s LowCardinality(String)) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000',
      });
    });
    afterAll(async () => {
      await admin.command({ query: `DROP DATABASE IF EXISTS ${database}` }).catch(() => undefined);
      await client.close();
      await admin.close();
      await server.stop();
    });

    const json = async <T>(
      query: string,
      query_params: Record<string, unknown> = {},
      format: 'JSON' | 'JSONEachRow' = 'JSONEachRow',
    ): Promise<T> => (await (await client.query({ query, query_params, format })).json()) as T;

    it('answers pings', async () => {
      expect(await client.ping()).toEqual({ success: true });
      expect(await client.ping({ select: true })).toEqual({ success: true });
    });

    it('refuses a wrong password and leaves no way in without one', async () => {
      const url = new URL(server.url);
      url.password = 'wrong';
      const stranger = createClient({ url: url.href, log: { level: 127 } });
      await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({
        code: expect.stringMatching(/^(516|194)$/) as string,
      });
      await stranger.close();
    });

    it('binds parameters of every type in use', async () => {
      const [row] = await json<object[]>(
        `SELECT {s:String} AS s, toString({u:UInt64}) AS u, {a:Array(String)} AS a, {m:Map(String, UInt8)} AS m, {n:Nullable(String)} AS n,
        hex(unhex({id:String})) AS id, toString({t:DateTime64(9)}) AS t, {f:Float64} AS f, {b:Bool} AS b, toString({i:Identifier}) AS i FROM (SELECT 1 AS one)`,
        {
          s: "it's\n\t\\ 'quoted' ; -- \u{1F600}",
          u: '18446744073709551615',
          a: ["x'y", 'é'],
          m: new Map([['k', 1]]),
          n: null,
          id: '00ff',
          t: '1700000000.123456789',
          f: 1.5,
          b: true,
          i: 'one',
        },
      );
      expect(row).toMatchObject({
        s: "it's\n\t\\ 'quoted' ; -- \u{1F600}",
        a: ["x'y", 'é'],
        m: { k: 1 },
        n: null,
        u: '18446744073709551615',
        id: '00FF',
        f: 1.5,
        b: true,
        i: '1',
      });
      expect((row as { t: string }).t).toContain('.123456789');
    });

    it('never lets a parameter or a setting leak into another request', async () => {
      await json('SELECT {leak:String} AS x', { leak: 'old' });
      await expect(json('SELECT {leak:String} AS x')).rejects.toMatchObject({ code: '456' });
      await client.query({ query: 'SELECT 1', clickhouse_settings: { max_result_rows: '1' } });
      expect(
        await json<{ value: string }[]>("SELECT value FROM system.settings WHERE name = 'max_result_rows'"),
      ).toEqual([{ value: '0' }]);
      const mixed = await Promise.all(
        Array.from({ length: 200 }, (_, i) => json<{ x: string }[]>('SELECT {x:String} AS x', { x: `v${i}` })),
      );
      expect(mixed.map((rows) => rows[0]!.x)).toEqual(Array.from({ length: 200 }, (_, i) => `v${i}`));
    });

    it('gives errors their code and type', async () => {
      await expect(json('SELECT * FROM no_such_table')).rejects.toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' });
      await expect(json('SELEKT 1')).rejects.toMatchObject({ code: '62' });
      await expect(
        client.query({ query: 'SELECT 1', clickhouse_settings: { no_such_setting: 1 } }),
      ).rejects.toMatchObject({ code: '115' });
      await expect(json('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: '62' });
    });

    it('fails a query that fails in the middle of its answer', async () => {
      const result = client.query({
        query: "SELECT number, throwIf(number = 3000000, 'half way') FROM numbers(4000000)",
        format: 'JSONEachRow',
        clickhouse_settings: { max_block_size: '1000', wait_end_of_query: 0 },
      });
      await expect(result.then((set) => set.json())).rejects.toThrow(/half way/);
    });

    it('limits time and memory of a query', async () => {
      await expect(
        client.query({
          query: 'SELECT sum(sipHash64(number)) FROM numbers(100000000000)',
          clickhouse_settings: { max_execution_time: 1 },
        }),
      ).rejects.toMatchObject({ code: '159' });
      await expect(
        client.query({
          query: 'SELECT groupArray(number) FROM numbers(100000000)',
          clickhouse_settings: { max_memory_usage: '10000000' },
        }),
      ).rejects.toMatchObject({ code: '241' });
    });

    it('ends a query whose client went away', async () => {
      const controller = new AbortController();
      const query_id = randomUUID();
      const running = client.query({
        query: 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)',
        query_id,
        abort_signal: controller.signal,
        clickhouse_settings: { log_comment: query_id, cancel_http_readonly_queries_on_client_close: 1 },
      });
      const processes = (): Promise<{ n: string }[]> =>
        json(
          "SELECT toString(count()) AS n FROM system.processes WHERE query LIKE '%numbers(1000000000000)%' AND query NOT LIKE '%system.processes%'",
        );
      await expect.poll(async () => (await processes())[0]?.n, { timeout: 10_000 }).toBe('1');
      controller.abort();
      await expect(running).rejects.toThrow(/abort/);
      await expect.poll(async () => (await processes())[0]?.n, { timeout: 10_000 }).toBe('0');
    });

    it('streams a large answer and takes a large insert of rows', async () => {
      const rows = Array.from({ length: 20_000 }, (_, i) => ({ id: String(i), s: `s${i % 10}` }));
      await client.insert({
        table: 't',
        values: rows,
        format: 'JSONEachRow',
        clickhouse_settings: { async_insert: 0 },
      });
      let seen = 0;
      const result = await client.query({
        query: 'SELECT number, repeat(toString(number), 10) AS text FROM numbers(500000)',
        format: 'JSONCompactEachRow',
      });
      for await (const part of result.stream()) seen += part.length;
      expect(seen).toBe(500_000);
      expect(await json('SELECT toString(count()) AS n, uniqExact(s) = 10 AS ten FROM t')).toEqual([
        { n: '20000', ten: 1 },
      ]);
      const plain = await json<{ data: unknown[]; rows: number; meta: unknown[] }>(
        'SELECT 1 AS one WHERE 0',
        {},
        'JSON',
      );
      expect(plain).toMatchObject({ data: [], rows: 0, meta: [{ name: 'one', type: 'UInt8' }] });
    });

    it('takes Native blocks of any bytes, casts them, and takes a token once', async () => {
      await client.command({
        query: `CREATE TABLE native (id FixedString(16), n Int64, s LowCardinality(String), plain LowCardinality(String), a Array(LowCardinality(String)), m Map(LowCardinality(String), String))
        ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000`,
      });
      const columns = {
        id: new FixedStringColumn(16),
        n: new Int64Column('Int64'),
        s: new DictionaryColumn(),
        plain: new StringColumn(),
        a: new ArrayColumn('Array(LowCardinality(String))', [new DictionaryColumn()] as const),
        m: new ArrayColumn('Map(String, String)', [new StringColumn(), new StringColumn()] as const),
      };
      const noise = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      for (let i = 0; i < 256; i++) {
        columns.id.append(Buffer.alloc(16, i), 0);
        columns.n.append(-i);
        columns.s.append(noise, i, 256);
        columns.plain.append(noise, i, 256);
        if (i % 2 === 1) columns.a.inner[0].appendText(`e${i % 3}`);
        columns.a.endRow();
        columns.m.inner[0].appendText('k');
        columns.m.inner[1].append(noise, 0, i);
        columns.m.endRow();
      }
      const block = encodeBlock('native', columns, 256);
      const token = randomUUID();
      for (let i = 0; i < 3; i++) await insertBlock(client, block.table, block.columns, block.bytes, token);
      expect(
        await json(`SELECT toString(count()) AS rows, toString(sum(n)) AS n, toString(countIf(s = plain)) AS same, toString(sum(length(s))) AS bytes, toString(sum(length(a))) AS a,
        hex(any(m['k'])) != '' AS filled, countIf(m['k'] = substring(repeat('', 1), 1)) = 1 AS oneEmpty FROM native`),
      ).toEqual([
        {
          rows: '256',
          n: '-32640',
          same: '256',
          bytes: '32896',
          a: '128',
          filled: expect.anything() as number,
          oneEmpty: 1,
        },
      ]);
      await insertBlock(client, block.table, block.columns, block.bytes, randomUUID());
      expect(await json('SELECT toString(count()) AS rows FROM native')).toEqual([{ rows: '512' }]);
    });

    it('stores nothing of a body that breaks off', async () => {
      const before = await json('SELECT toString(count()) AS n FROM t');
      const broken = Readable.from(
        (function* () {
          for (let i = 0; i < 1000; i++) yield Buffer.from(`{"id": ${i}, "s": "x"}\n`);
          throw new Error('client broke off');
        })(),
        { objectMode: false },
      );
      const insert = client.exec({ query: 'INSERT INTO t (id, s) FORMAT JSONEachRow', values: broken });
      await expect(insert).rejects.toThrow('client broke off');
      expect(await json('SELECT toString(count()) AS n FROM t')).toEqual(before);
    });

    it('makes the tables twice without a second effect', async () => {
      expect(await makeTables(client)).toContain('spans');
      expect(await makeTables(client)).toEqual([]);
    });
  });
}
