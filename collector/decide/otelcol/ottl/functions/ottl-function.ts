// What an OTTL function is here: parameters by which arguments are checked and converted, and a pure call.
import type { Parameter, ParameterKind } from '../parameter.ts';
import type { OttlValue } from '../value.ts';

/** What a call may ask besides its arguments. */
interface CallContext {
  /** Clock of the decision, ns since 1970. */
  readonly nowNs: bigint;
}

/** undefined for an optional argument that is not given. */
export type CallValues = readonly (OttlValue | undefined)[];

export interface OttlFunction {
  readonly parameters: readonly Parameter[];
  /** Asks whether its only argument is of the parameter's kind; then another type is an answer, not an error. */
  readonly typeTest?: true;
  /** Takes the first of a list that is not nil; the compiler looks at them one by one. */
  readonly oneByOne?: true;
  /** Looks at arguments that stand in the condition itself (undefined for others). @throws OttlSyntaxError */
  readonly check?: (literals: CallValues) => void;
  /** @throws OttlError where there is no answer */
  readonly call: (values: CallValues, context: CallContext) => OttlValue;
}

/** `text Target, int? Start`: kind and name, `?` for an optional one. */
export function parameters(...written: readonly `${ParameterKind}${'' | '?'} ${string}`[]): readonly Parameter[] {
  return written.map((one) => {
    const [kind = '', name = ''] = one.split(' ');
    return { name, kind: kind.replace('?', '') as ParameterKind, ...(kind.endsWith('?') && { optional: true }) };
  });
}
