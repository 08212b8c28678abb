// The contract against the embedded ClickHouse, and against a server of yours when CLICKHOUSE_URL is set.
import { clickHouseHttpContract } from './clickhouse-http.contract.ts';
import { startEmbeddedClickHouse } from '#tests/support/embedded-clickhouse.ts';

clickHouseHttpContract('embedded', startEmbeddedClickHouse);

const url = process.env['CLICKHOUSE_URL'];
if (url !== undefined && url !== '')
  clickHouseHttpContract(`server at ${new URL(url).host}`, async () => ({ url, stop: async () => undefined }));
