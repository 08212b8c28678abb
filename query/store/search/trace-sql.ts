// An expression of the search language as conditions on spans and on traces. Its parts that hold for a span are looked for in one span;
// those that are about the whole trace are asked of its summary.
import { combined, conjuncts, type Comparison, type Expression } from '#proto/search/expression.ts';
import { fieldOf, KIND_WORDS, STATUS_WORDS, type FieldName } from '#proto/search/fields.ts';
import { KEPT_TRACES } from '../traces/kept-traces.ts';
import { inNanoseconds } from '../time-range.ts';
import { attributeExists, attributeHasWord, attributeTest, type AttributeRows } from './attribute-sql.ts';
import { numberTest, textOf, textTest, wordTest } from './tests-of-text.ts';

const IN_RANGE = inNanoseconds('trace_start');

/** Columns of the tables spans and traces; those of the parent are asked of its row. */
const COLUMNS: Readonly<Record<FieldName, string>> = {
  service: 'service',
  name: 'name',
  kind: 'kind',
  status: 'status_code',
  'status.message': 'status_message',
  duration: 'duration_ns',
  'parent.service': 'service',
  'parent.name': 'name',
  'parent.kind': 'kind',
  'root.service': 'root_service',
  'root.name': 'root_name',
  'root.kind': 'root_kind',
  'trace.duration': 'duration_ns',
  'trace.spans': 'span_count',
  'trace.errors': 'error_count',
  'trace.services': 'length(services)',
  'trace.orphans': 'missing_parents',
  'trace.depth': 'depth',
  'trace.trigger': 'trigger',
  rule: 'rule',
};

/** What one span has to meet, and what the whole. */
export interface Split {
  /** Undefined where any span will do. */
  readonly ofSpan: Expression | undefined;
  readonly ofTrace: readonly Expression[];
}

export function split(expression: Expression | undefined): Split {
  const parts = conjuncts(expression);
  return {
    ofSpan: combined(
      'and',
      parts.filter((part) => !isWhole(part)),
    ),
    ofTrace: parts.filter(isWhole),
  };
}

/** Whether it is the same for every span of a trace. */
function isWhole(expression: Expression): boolean {
  switch (expression.kind) {
    case 'comparison':
      return expression.subject.of === 'field' && fieldOf(expression.subject.field).scope === 'trace';
    case 'any':
    case 'all':
      return true;
    case 'not':
      return isWhole(expression.part);
    case 'and':
    case 'or':
      return expression.parts.every(isWhole);
    case 'exists':
    case 'word':
      return false;
  }
}

/** Conditions on a row of `traces`, read with FINAL; the range is bound by the caller. */
export function traceConditions(expression: Expression | undefined, rows: AttributeRows): readonly string[] {
  const { ofSpan, ofTrace } = split(expression);
  const conditions = ofTrace.map((part) => traceTest(part, rows));
  if (ofSpan === undefined) return conditions;
  const known = conjuncts(ofSpan).flatMap((part) => summaryTest(part, rows));
  // The summary alone knows all there is to know of a service, and of an error.
  const isKnownWhole = conjuncts(ofSpan).length === 1 && known.length === 1;
  return [...conditions, ...known, ...(isKnownWhole ? [] : [`trace_id IN (${spansThat(ofSpan, rows)})`])];
}

/** A service or an error that a span has to have, as the summary of its trace tells it. */
function summaryTest(part: Expression, { binder }: AttributeRows): readonly string[] {
  if (part.kind !== 'comparison' || part.operator !== '=' || part.subject.of !== 'field') return [];
  const value = textOf(part.values[0] ?? { type: 'string', text: '' });
  // Not has(), nor what ClickHouse makes it of: it is answered from the text index of each stored row, and rows of late spans bring services of their own.
  if (part.subject.field === 'service') return [`countEqual(services, ${binder.bind(value, 'String')}) > 0`];
  return part.subject.field === 'status' && value === 'error' ? ['error_count > 0'] : [];
}

/** How many spans of a trace match, from its summary; undefined where its spans have to be counted. */
export function countFromSummary(ofSpan: Expression | undefined, { binder }: AttributeRows): string | undefined {
  if (ofSpan === undefined) return 'span_count';
  if (ofSpan.kind !== 'comparison' || ofSpan.operator !== '=' || ofSpan.subject.of !== 'field') return undefined;
  const value = textOf(ofSpan.values[0] ?? { type: 'string', text: '' });
  if (ofSpan.subject.field === 'service') return `service_spans[${binder.bind(value, 'String')}]`;
  return ofSpan.subject.field === 'status' && value === 'error' ? 'error_count' : undefined;
}

/** Ids of the traces of the range that have a span that meets it. */
function spansThat(expression: Expression, rows: AttributeRows): string {
  return `SELECT trace_id FROM spans WHERE ${IN_RANGE} AND ${spanTest(expression, rows)}`;
}

function traceTest(expression: Expression, rows: AttributeRows): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return joined(
        expression.kind,
        expression.parts.map((part) => traceTest(part, rows)),
      );
    case 'not':
      return `NOT ${traceTest(expression.part, rows)}`;
    case 'comparison':
      return `(${comparisonTest(expression, rows)})`;
    case 'any':
      return `(trace_id IN (${spansThat(expression.part, rows)}))`;
    case 'all':
      return `(trace_id NOT IN (${spansThat({ kind: 'not', part: expression.part, from: 0, to: 0 }, rows)}))`;
    case 'exists':
    case 'word':
      return '0';
  }
}

/** A condition on a row of `spans`. */
export function spanTest(expression: Expression, rows: AttributeRows): string {
  if (isWhole(expression)) {
    if (expression.kind === 'any' || expression.kind === 'all') return traceTest(expression, rows);
    return `(trace_id IN (SELECT trace_id FROM ${KEPT_TRACES} WHERE ${inNanoseconds('start')} AND ${traceTest(expression, rows)}))`;
  }
  switch (expression.kind) {
    case 'and':
    case 'or':
      return joined(
        expression.kind,
        expression.parts.map((part) => spanTest(part, rows)),
      );
    case 'not':
      return `NOT ${spanTest(expression.part, rows)}`;
    case 'exists':
      return attributeExists(expression.key, rows);
    case 'word':
      return wordIn(['name', 'service', 'status_message'], expression.text, rows);
    case 'comparison':
      return spanComparison(expression, rows);
    case 'any':
    case 'all':
      return traceTest(expression, rows);
  }
}

function wordIn(columns: readonly string[], word: string, { binder }: AttributeRows): string {
  const bound = binder.bind(word, 'String');
  const tests = columns.map((column) => `positionCaseInsensitiveUTF8(${column}, ${bound}) > 0`);
  return joined('or', [...tests, attributeHasWord(bound)]);
}

function spanComparison(expression: Comparison, rows: AttributeRows): string {
  const { subject, operator, values } = expression;
  if (subject.of === 'attribute') return attributeTest(subject.key, operator, values, rows);
  const test = comparisonTest(expression, rows);
  if (!subject.field.startsWith('parent.')) return `(${test})`;
  return `((trace_id, parent_span_id) IN (SELECT trace_id, span_id FROM spans WHERE ${IN_RANGE} AND ${test}))`;
}

/** Of a field, on the row that has it. */
function comparisonTest({ subject, operator, values }: Comparison, { binder }: AttributeRows): string {
  if (subject.of === 'attribute') return '0';
  const column = COLUMNS[subject.field];
  switch (fieldOf(subject.field).type) {
    case 'text':
      return textTest(column, operator, values, binder);
    case 'kind':
      return wordTest(column, KIND_WORDS, operator, values, binder);
    case 'status':
      return wordTest(column, STATUS_WORDS, operator, values, binder);
    case 'duration':
    case 'count':
      return numberTest(column, operator, values, binder);
  }
}

function joined(kind: 'and' | 'or', tests: readonly string[]): string {
  return `(${tests.join(kind === 'and' ? ' AND ' : ' OR ')})`;
}
