// The plain log: what a person sees on the terminal.
import { expect, it } from 'vitest';
import { createLog, plainLog } from '#proto/log/log.ts';

function written(level: 'debug' | 'info' | 'warn' | 'error'): { lines: string[]; log: ReturnType<typeof plainLog> } {
  const lines: string[] = [];
  return {
    lines,
    log: plainLog(
      'collector',
      level,
      (line) => lines.push(line),
      () => 'NOW',
    ),
  };
}

it('tells time, process, severity, message and fields on one line', () => {
  const { lines, log } = written('info');
  log.info({ applied: ['001-traces.sql'] }, 'tables created');
  log.warn({ url: 'http://a:8123' }, 'ClickHouse is not ready');
  log.error({}, 'rows are lost');
  expect(lines).toEqual([
    'NOW collector: tables created (applied=["001-traces.sql"])\n',
    'NOW collector: warning: ClickHouse is not ready (url=http://a:8123)\n',
    'NOW collector: error: rows are lost\n',
  ]);
});

it('leaves out what is less severe than asked for', () => {
  const { lines, log } = written('warn');
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  expect(lines).toEqual(['NOW collector: warning: c\n']);
});

it('keeps what a peer wrote on its line', () => {
  const { lines, log } = written('info');
  log.error({ error: 'x\n2026 collector: all is well' }, 'bad \u001b[2J name\r\n');
  expect(lines).toEqual(['NOW collector: error: bad  [2J name  (error=x 2026 collector: all is well)\n']);
});

it('is JSON for machines: one object a line, with process, severity and fields', () => {
  const lines: string[] = [];
  const host = { write: (line: string) => void lines.push(line), now: () => 'NOW' };
  const log = createLog('query', { level: 'warn', json: true }, host);
  log.info({}, 'left out');
  log.warn({ ms: 5 }, 'a question was slow');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  expect(JSON.parse(lines[0]!)).toMatchObject({ name: 'query', level: 40, ms: 5, msg: 'a question was slow' });
  createLog('query', { level: 'info', json: false }, host).info({}, 'plain');
  expect(lines[1]).toBe('NOW query: plain\n');
});
