// What an expression reads.
import type { Expr } from './ast.ts';
import type { Matcher } from './matcher.ts';

/** The matchers of every selector, in the order of the text. Nothing recurses: chains of operators may be long. */
export function selectorsOf(expr: Expr): readonly (readonly Matcher[])[] {
  const found: (readonly Matcher[])[] = [];
  const rest: Expr[] = [expr];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    switch (next.kind) {
      case 'paren':
      case 'unary':
      case 'subquery':
        rest.push(next.expr);
        break;
      case 'binary':
        rest.push(next.right, next.left);
        break;
      case 'aggregate':
        rest.push(next.expr, ...(next.param === undefined ? [] : [next.param]));
        break;
      case 'call':
        rest.push(...next.args.toReversed());
        break;
      case 'vector':
        found.push(next.matchers);
        break;
      case 'matrix':
        found.push(next.selector.matchers);
        break;
      default:
    }
  }
  return found;
}
