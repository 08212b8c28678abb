// Condition: the services a trace touches, by their number or by name.
import { configError } from '#proto/config/config-error.ts';
import type { TraceCondition } from '../condition.ts';
import { compileNumberTest, COUNT } from '../../values/number-test.ts';
import type { TraceCursor } from '../../trace-cursor.ts';
import { serviceCondition } from './service.ts';

/** HOT: traces have few services, so a list searched in order beats a set. */
const seen: number[] = [];

function countServices(cursor: TraceCursor): number {
  const { rows, count, memory } = cursor.view;
  seen.length = 0;
  for (let i = 0; i < count; i++) {
    const service = memory.resources.service[memory.spans.resource[rows[i]!]!]!;
    if (!seen.includes(service)) seen.push(service);
  }
  return seen.length;
}

export const servicesCondition: TraceCondition = {
  key: 'services',
  description: "Number of different services ('> 5'), or names of which at least one takes part.",
  example: 'services: [payment, fraud]',
  compile(written, path, compiler) {
    const names =
      typeof written === 'string'
        ? !/^\s*[!<>=]/.test(written)
        : Array.isArray(written) && written.every((one) => typeof one === 'string');
    if (names) {
      const test = serviceCondition.compile(written, path, compiler);
      if (test === undefined) return undefined;
      const index = compiler.predicates.push(test) - 1;
      return (cursor) => cursor.some(index);
    }
    const test = compileNumberTest(written, COUNT, path, compiler.errors);
    if (test === undefined && compiler.errors.length === 0) {
      compiler.errors.push(
        configError(path, written, 'is neither a number nor names', "write services: '> 5' or services: [payment]"),
      );
    }
    return test === undefined ? undefined : (cursor) => test(countServices(cursor));
  },
};
