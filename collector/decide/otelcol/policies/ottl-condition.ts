// Policy ottl_condition: some span, or some span event, for which some condition holds.
import { nanosOfMs } from '#proto/model/unix-nano.ts';
import { configError } from '#proto/config/config-error.ts';
import { didYouMean } from '#proto/config/nearest-key.ts';
import { Block } from '../block.ts';
import { compileOttl, type OttlTest } from '../ottl/compile.ts';
import { decodeSpan } from '../ottl/decoded-span.ts';
import type { OttlSubject } from '../ottl/paths.ts';
import { OttlSyntaxError } from '../ottl/syntax-error.ts';
import { OttlError } from '../ottl/value.ts';
import type { BuildPolicy, Vote } from '../policy.ts';

const ERROR_MODES = ['ignore', 'silent', 'propagate'];

export const buildOttlCondition: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, { error_mode: 'text', span: 'texts', spanevent: 'texts' }, errors);
  const mode = read.text('error_mode').toLowerCase();
  if (read.names('error_mode') && !ERROR_MODES.includes(mode))
    read.fail('error_mode', 'is no error mode', didYouMean(mode, ERROR_MODES));
  const spanTests = compileAll(read.texts('span'), 'span', path, errors);
  const eventTests = compileAll(read.texts('spanevent'), 'spanevent', path, errors);
  if (!read.failed && spanTests.length + eventTests.length === 0) {
    read.fail('span', 'and spanevent hold no condition', 'write at least one, as span: [\'attributes["k"] == "v"\']');
  }
  if (read.failed) return undefined;
  const propagate = mode === 'propagate';
  return (cursor): Vote => {
    const { rows, count } = cursor.view;
    const nowNs = nanosOfMs(Math.floor(cursor.nowMs));
    for (let i = 0; i < count; i++) {
      cursor.moveTo(rows[i]!);
      const span = decodeSpan(cursor);
      const verdict = someHolds(spanTests, { span, event: undefined, nowNs }, propagate);
      if (verdict !== undefined) return verdict;
      if (eventTests.length === 0) continue;
      for (const event of span.events) {
        const onEvent = someHolds(eventTests, { span, event, nowNs }, propagate);
        if (onEvent !== undefined) return onEvent;
      }
    }
    return 'not_sampled';
  };
};

/** undefined = look further. An error that propagates ends the policy for the trace. */
function someHolds(tests: readonly OttlTest[], subject: OttlSubject, propagate: boolean): Vote | undefined {
  for (const test of tests) {
    try {
      if (test(subject)) return 'sampled';
    } catch (error) {
      if (!(error instanceof OttlError)) throw error;
      if (propagate) return 'error';
    }
  }
  return undefined;
}

function compileAll(
  written: readonly string[],
  context: 'span' | 'spanevent',
  path: string,
  errors: Parameters<BuildPolicy>[2]['errors'],
): readonly OttlTest[] {
  return written.flatMap((text, i) => {
    try {
      return [compileOttl(text, context)];
    } catch (error) {
      if (!(error instanceof OttlSyntaxError)) throw error;
      errors.push(configError(`${path}.${context}[${i}]`, text, error.message, 'mend the condition'));
      return [];
    }
  });
}
