// One filter of log records as SQL conditions with bound values. Of the search language a record has its service, attributes and words.
import type { Expression } from '#proto/search/expression.ts';
import { attributeExists, attributeHasWord, attributeTest, type AttributeRows } from '../search/attribute-sql.ts';
import { Binder } from '../search/bind.ts';
import { textTest } from '../search/tests-of-text.ts';
import type { Bindings } from '../database.ts';
import { inNanoseconds, rangeBindings } from '../time-range.ts';
import type { LogFilter } from './contract.ts';

/** Every user value is bound; only the structure of the expression changes the text. @param resourceKeys keys of attributes that some resource has */
export function filterSql(
  filter: LogFilter,
  resourceKeys: ReadonlySet<string>,
): { readonly where: string; readonly bindings: Bindings } {
  const rows = { binder: new Binder(), resourceKeys };
  const conditions = [
    inNanoseconds('ts'),
    "({service:String} = '' OR service = {service:String})",
    'severity >= {severity:UInt8}',
    "({trace:String} = '' OR trace_id = unhex({trace:String}))",
    "({span:String} = '' OR span_id = unhex({span:String}))",
  ];
  if (filter.where !== undefined) conditions.push(recordTest(filter.where, rows));
  const bindings = {
    ...rangeBindings(filter.range),
    service: filter.service ?? '',
    severity: filter.minSeverity ?? 0,
    trace: filter.traceId ?? '',
    span: filter.spanId ?? '',
    ...rows.binder.bindings,
  };
  return { where: conditions.join(' AND '), bindings };
}

/** What a record has not is met by none. */
function recordTest(expression: Expression, rows: AttributeRows): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return `(${expression.parts.map((part) => recordTest(part, rows)).join(expression.kind === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `NOT ${recordTest(expression.part, rows)}`;
    case 'exists':
      return attributeExists(expression.key, rows);
    case 'word': {
      const word = rows.binder.bind(expression.text, 'String');
      const own = ['body', 'event_name'].map((column) => `positionCaseInsensitiveUTF8(${column}, ${word}) > 0`);
      return `(${[...own, attributeHasWord(word)].join(' OR ')})`;
    }
    case 'comparison': {
      const { subject, operator, values } = expression;
      if (subject.of === 'attribute') return attributeTest(subject.key, operator, values, rows);
      return subject.field === 'service' ? `(${textTest('service', operator, values, rows.binder)})` : '0';
    }
    case 'any':
    case 'all':
      return '0';
  }
}
