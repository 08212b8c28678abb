// Where numbers lead: to the question that asks for exactly what each of them has counted.
import { fieldIs, stringValue } from '#proto/search/expression.ts';
import { printSearch } from '#proto/search/print.ts';
import { questionWhere } from './question.ts';

/** The spans that a service's numbers count. */
export function serviceQuestion({ service, served }: { readonly service: string; readonly served: boolean }): string {
  return served ? questionWhere({ service }, 'kind in (server, consumer)') : questionWhere({ service });
}

/** The spans that an operation's numbers count. */
export function operationQuestion(one: {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
}): string {
  return questionWhere({ service: one.service, name: one.name, kind: one.kind });
}

export function withErrors(question: string): string {
  return `${question} status=error`;
}

/** Spans at least as slow. */
export function atLeast(question: string, ms: number): string {
  return `${question} ${printSearch(fieldIs('duration', '>=', { type: 'duration', ns: Math.round(ms * 1e6) }))}`;
}

/** The calls of an edge between two services, each by the span that answered it; undefined where no span stands for a call. */
export function edgeQuestion(edge: {
  readonly caller: string;
  readonly callee: string;
  readonly kind: string;
}): string | undefined {
  if (edge.kind !== 'rpc' && edge.kind !== 'internal') return undefined;
  const ends = [
    fieldIs('parent.service', '=', stringValue(edge.caller)),
    fieldIs('service', '=', stringValue(edge.callee)),
  ];
  const isCall = '(parent.kind=client or kind=server)';
  return `${ends.map(printSearch).join(' ')} parent.kind!=producer kind!=consumer ${edge.kind === 'rpc' ? isCall : `not ${isCall}`}`;
}
