// The fields of the search language: what each means, whose it is, and what it may be compared with. Every other key is an attribute.
import type { Operator } from './expression.ts';

export const KIND_WORDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export const STATUS_WORDS = ['unset', 'ok', 'error'] as const;

export type FieldType = 'text' | 'kind' | 'status' | 'duration' | 'count';

export interface Field {
  /** `span`: of the one span that meets the expression; `trace`: of the whole, the same for each of its spans. */
  readonly scope: 'span' | 'trace';
  readonly type: FieldType;
  readonly about: string;
  readonly example: string;
}

export const FIELD_NAMES = [
  'service',
  'name',
  'kind',
  'status',
  'status.message',
  'duration',
  'parent.service',
  'parent.name',
  'parent.kind',
  'root.service',
  'root.name',
  'root.kind',
  'trace.duration',
  'trace.spans',
  'trace.errors',
  'trace.services',
  'trace.orphans',
  'trace.depth',
  'trace.trigger',
  'rule',
] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

const FIELDS: Readonly<Record<FieldName, Field>> = {
  service: {
    scope: 'span',
    type: 'text',
    about: 'service.name of the resource of the span',
    example: 'service=checkout',
  },
  name: { scope: 'span', type: 'text', about: 'name of the span: the operation', example: 'name="POST /checkout"' },
  kind: { scope: 'span', type: 'kind', about: 'kind of the span', example: 'kind in (server, consumer)' },
  status: { scope: 'span', type: 'status', about: 'status of the span', example: 'status=error' },
  'status.message': {
    scope: 'span',
    type: 'text',
    about: 'what the span says of its status',
    example: 'status.message~".*timeout.*"',
  },
  duration: { scope: 'span', type: 'duration', about: 'duration of the span', example: 'duration>500ms' },
  'parent.service': {
    scope: 'span',
    type: 'text',
    about: 'service of the parent of the span, where that is stored',
    example: 'parent.service=edge',
  },
  'parent.name': {
    scope: 'span',
    type: 'text',
    about: 'name of the parent of the span',
    example: 'parent.name="GET /cart"',
  },
  'parent.kind': {
    scope: 'span',
    type: 'kind',
    about: 'kind of the parent of the span',
    example: 'parent.kind=client',
  },
  'root.service': { scope: 'trace', type: 'text', about: 'service of the root span', example: 'root.service=edge' },
  'root.name': { scope: 'trace', type: 'text', about: 'name of the root span', example: 'root.name="GET /cart"' },
  'root.kind': { scope: 'trace', type: 'kind', about: 'kind of the root span', example: 'root.kind=server' },
  'trace.duration': {
    scope: 'trace',
    type: 'duration',
    about: 'from the first start to the last end',
    example: 'trace.duration>1s',
  },
  'trace.spans': { scope: 'trace', type: 'count', about: 'number of spans', example: 'trace.spans>100' },
  'trace.errors': {
    scope: 'trace',
    type: 'count',
    about: 'number of spans with status error',
    example: 'trace.errors=0',
  },
  'trace.services': {
    scope: 'trace',
    type: 'count',
    about: 'number of different services',
    example: 'trace.services>5',
  },
  'trace.orphans': {
    scope: 'trace',
    type: 'count',
    about: 'number of parent ids that are not in the trace',
    example: 'trace.orphans>0',
  },
  'trace.depth': { scope: 'trace', type: 'count', about: 'depth of the tree', example: 'trace.depth>20' },
  'trace.trigger': {
    scope: 'trace',
    type: 'text',
    about: 'what led to the decision on the trace',
    example: 'trace.trigger=rescue',
  },
  rule: { scope: 'trace', type: 'text', about: 'rule that kept the trace', example: 'rule="the rest"' },
};

/** Keys that begin so are fields or mistakes; an attribute of such a name is written in quotes. */
const RESERVED = /^(?:trace|root|parent)\./;

export function fieldNamed(name: string): FieldName | undefined {
  return FIELD_NAMES.find((known) => known === name);
}

export function isReserved(name: string): boolean {
  return fieldNamed(name) !== undefined || RESERVED.test(name);
}

export function fieldOf(name: FieldName): Field {
  return FIELDS[name];
}

const ORDERED: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>='];
const OPERATORS: Readonly<Record<FieldType, readonly Operator[]>> = {
  text: ['=', '!=', '~', '!~', 'in', 'not in'],
  kind: ['=', '!=', 'in', 'not in'],
  status: ['=', '!=', 'in', 'not in'],
  duration: ORDERED,
  count: ORDERED,
};
export const ALL_OPERATORS: readonly Operator[] = ['=', '!=', '~', '!~', '<', '<=', '>', '>=', 'in', 'not in'];

export function operatorsOf(type: FieldType): readonly Operator[] {
  return OPERATORS[type];
}

/** The words that a field of this type takes; undefined where it takes any text or number. */
export function wordsOf(type: FieldType): readonly string[] | undefined {
  if (type === 'kind') return KIND_WORDS;
  return type === 'status' ? STATUS_WORDS : undefined;
}
