// The type of an expression whose parts are known to be well-formed. Every node is looked at once, however long a chain of operators is.
import type { Expr, ValueType } from '../ast.ts';

export function typeOf(expr: Expr): ValueType {
  let inner = expr;
  while (inner.kind === 'paren' || inner.kind === 'unary') inner = inner.expr;
  switch (inner.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'binary':
    case 'call':
      return inner.type;
    case 'matrix':
    case 'subquery':
      return 'matrix';
    default:
      return 'vector';
  }
}
