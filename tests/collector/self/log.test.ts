// The plain log: what a person sees on the terminal.
import { expect, it } from 'vitest';
import { plainLog } from '#collector/self/log.ts';

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
