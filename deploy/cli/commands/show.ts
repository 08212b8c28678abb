// `winnow show`: the traces of a capture, or one of a running server, put together, as a tree in the terminal or as data.
import { existsSync } from 'node:fs';
import { HostPairClock, fileWindow } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { readCapture } from '../../replay/read/read-capture.ts';
import { UsageError, type Command, type CommandContext, type OptionValues } from '../command.ts';
import { serverTrace, ServerTraceError } from '../show/server-trace.ts';
import { TraceFile } from '../show/trace-file.ts';
import { shownTrace } from '../show/trace-json.ts';
import { traceText } from '../show/trace-text.ts';

/** Least bytes of a span with its two ids: gives the most spans a file can hold. */
const MIN_SPAN_BYTES = 28;
const MIN_CAPACITY = 1024;
const TRACE_ID = /^[0-9a-f]{1,32}$/u;
const DEFAULT_COLUMNS = 120;
const DEFAULT_SERVER = '127.0.0.1:4320';

export const command: Command = {
  name: 'show',
  summary:
    'Puts the traces of a capture, or one of a running Winnow, together and prints them: tree, corrected clocks, critical path, warnings.',
  about:
    'Clock offsets are learned from the whole file, also when one trace is asked for. With --json one line per trace.\nA trace id alone is looked up on the server, with the offsets it was stored with.',
  operands: 'FILE [TRACE_ID] | TRACE_ID',
  options: {
    json: { about: 'one JSON object per trace and line, times in ns as decimal strings' },
    server: {
      value: 'HOST:PORT',
      about: 'the query API to ask for a trace id',
      defaultText: `WINNOW_LISTEN_HTTP or ${DEFAULT_SERVER}`,
    },
    raw: { about: 'leave the clocks as they are' },
  },
  async run({ operands, options }, { stdout, stderr, env, signal }) {
    const [path, wanted, ...more] = operands;
    if (path === undefined)
      throw new UsageError('no capture given: winnow show FILE [TRACE_ID], or winnow show TRACE_ID');
    if (more.length > 0) throw new UsageError(`one file and one trace id at most, also given: ${more.join(' ')}`);
    const columns = 'columns' in stdout && typeof stdout.columns === 'number' ? stdout.columns : DEFAULT_COLUMNS;
    if (!existsSync(path) && wanted === undefined && TRACE_ID.test(path.toLowerCase())) {
      const server = String(options['server'] ?? env['WINNOW_LISTEN_HTTP'] ?? DEFAULT_SERVER);
      return showStored(path.toLowerCase().padStart(32, '0'), server, options, columns, { stdout, stderr });
    }
    if (!existsSync(path)) throw new UsageError(`no such file: ${path}`);
    const id = wanted?.toLowerCase();
    if (id !== undefined && !TRACE_ID.test(id))
      throw new UsageError(`no trace id: ${wanted} (up to 32 hex digits are one)`);
    const file = await loadTraces(path);
    const ids = id === undefined ? file.ids() : [id.padStart(32, '0')];
    const clock = options['raw'] === true ? rawClocks : new HostPairClock(fileWindow(file.spanMs()));
    const reconstructor = new Reconstructor(clock);
    if (clock !== rawClocks) for (const known of file.ids()) reconstructor.observe(file.view(known)!);
    for (const traceId of ids) {
      if (signal.aborted) return 1;
      const view = file.view(traceId);
      if (view === undefined) {
        stderr.write(`no trace ${traceId} in ${path}, which holds ${file.ids().length} traces\n`);
        return 1;
      }
      const shown = shownTrace(traceId, view, reconstructor.run(view));
      const text = options['json'] === true ? `${JSON.stringify(shown)}\n` : traceText(shown, columns);
      if (!stdout.write(text)) await new Promise<void>((resolve) => void stdout.once('drain', resolve));
    }
    if (file.badIds > 0)
      stderr.write(`${file.badIds} spans left out: their trace or span id is not 16 or 8 bytes long\n`);
    return 0;
  },
};

async function showStored(
  id: string,
  server: string,
  options: OptionValues,
  columns: number,
  { stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>,
): Promise<number> {
  try {
    const { file, clocks } = await serverTrace(server, id);
    const view = file.view(id);
    if (view === undefined) throw new ServerTraceError(`trace ${id} has no spans on ${server}`);
    const shown = shownTrace(id, view, new Reconstructor(options['raw'] === true ? rawClocks : clocks).run(view));
    stdout.write(options['json'] === true ? `${JSON.stringify(shown)}\n` : traceText(shown, columns));
    return 0;
  } catch (error) {
    if (!(error instanceof ServerTraceError)) throw error;
    stderr.write(`${error.message}\n`);
    return 1;
  }
}

/** @throws CaptureError when the file is no capture */
async function loadTraces(path: string): Promise<TraceFile> {
  const bodies: Buffer[] = [];
  let bytes = 0;
  for await (const request of readCapture(path)) {
    if (request.signal !== 'traces') continue;
    bodies.push(Buffer.from(request.bytes.buffer, request.bytes.byteOffset, request.bytes.length));
    bytes += request.bytes.length;
  }
  const file = new TraceFile(Math.max(MIN_CAPACITY, Math.ceil(bytes / MIN_SPAN_BYTES)));
  for (const body of bodies) file.add(body);
  return file;
}
