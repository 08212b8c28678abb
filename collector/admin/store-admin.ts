// The spool as the admin address shows it, and what a person may do with blocks that were set aside.
import type { SpoolChangeResponse, SpoolFile, SpoolResponse } from '#proto/api/spool.ts';
import { SIGNALS } from '#proto/otlp/signal.ts';
import type { SpoolAdmin } from './spool-routes.ts';
import type { AsideFile } from '#collector/store/set-aside.ts';
import type { StoreWriter } from '#collector/store/writer.ts';

export function spoolAdmin(writer: StoreWriter): SpoolAdmin {
  const { spool } = writer;
  return {
    list: (): SpoolResponse => ({
      waiting: SIGNALS.map((signal) => {
        const lane = spool.lanes[signal];
        let rows = 0;
        for (const entry of lane.values()) rows += entry.rows;
        return { signal, blocks: lane.size, rows, bytes: spool.bytesOf(signal), full: spool.isFull(signal) };
      }),
      set_aside: [...spool.aside.all()].map(asideFile),
    }),
    async change(what, names): Promise<SpoolChangeResponse> {
      const { done, failed } = await writer.change(what, names);
      return { done: done.map(asideFile), failed: [...failed] };
    },
  };
}

function asideFile({ name, kind, table, rows, bytes, reason }: AsideFile): SpoolFile {
  return { name, kind, table, rows, bytes, reason };
}
