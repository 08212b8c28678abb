// Expression → text: one line that parses to the same tree, or broken over lines where it grows too long.
import type { Aggregate, Binary, BinaryOp, Call, Expr } from './ast.ts';
import { MAX_FORMATTED_CHARACTERS } from './limits.ts';
import {
  openEnd,
  printAggregateHead,
  printMatrix,
  printNumber,
  printOperator,
  printSelector,
  printString,
  printSubquerySuffix,
} from './print-parts.ts';
import { PromqlError } from './promql-error.ts';

/** Bytes of one line of pretty-printed text; Prometheus' own figure. */
const MAX_LINE = 100;

/** Operators that durations have, too. */
const DURATION_OPERATORS: ReadonlySet<BinaryOp> = new Set(['+', '-', '*', '/', '%', '^']);

/** An infinite base is written without its sign, which would be applied to the power: +(Inf ^ 2). */
function isInfiniteBase(operator: Binary | undefined, operand: Expr): boolean {
  return operator?.op === '^' && operand.kind === 'number' && operand.value === Infinity;
}

class Printer {
  /** Every node is written once, although breaking lines asks for each on every level. */
  readonly #texts = new Map<Expr, string>();
  /** What stands before an operator that could be taken for a part of its offset. */
  readonly #beforeOperator = new Set<Expr>();
  #length = 0;

  text(expr: Expr): string {
    const known = this.#texts.get(expr);
    if (known !== undefined) return known;
    const text = expr.kind === 'binary' ? this.#chain(expr) : this.#single(expr);
    this.#texts.set(expr, text);
    return text;
  }

  /** A chain of operators, from its first operand on: its length costs no stack. */
  #chain(last: Binary): string {
    const chain: Binary[] = [];
    let first: Expr = last;
    for (; first.kind === 'binary' && !this.#texts.has(first); first = first.left) chain.push(first);
    for (const { op, left } of chain) {
      const end = DURATION_OPERATORS.has(op) ? openEnd(left) : undefined;
      if (end !== undefined) this.#beforeOperator.add(end);
    }
    let text = isInfiniteBase(chain.at(-1), first) ? 'Inf' : this.text(first);
    for (const binary of chain.reverse()) {
      text = `${text} ${printOperator(binary)} ${this.text(binary.right)}`;
      this.#texts.set(binary, text);
    }
    return text;
  }

  #single(expr: Exclude<Expr, Binary>): string {
    switch (expr.kind) {
      case 'number':
        return printNumber(expr.value, expr.duration);
      case 'string':
        return expr.quoted ?? printString(expr.value);
      case 'paren':
        return `(${this.text(expr.expr)})`;
      case 'unary':
        return expr.op + this.text(expr.expr);
      case 'call':
        return `${expr.func}(${expr.args.map((arg) => this.text(arg)).join(', ')})`;
      case 'aggregate': {
        const param = expr.param === undefined ? '' : `${this.text(expr.param)}, `;
        return `${printAggregateHead(expr)}(${param}${this.text(expr.expr)})`;
      }
      case 'vector':
        return printSelector(expr, this.#beforeOperator.has(expr));
      case 'matrix':
        return printMatrix(expr, this.#beforeOperator.has(expr));
      case 'subquery':
        return this.text(expr.expr) + printSubquerySuffix(expr, this.#beforeOperator.has(expr));
    }
  }

  #isLong(expr: Expr): boolean {
    const text = this.text(expr);
    return text.length > MAX_LINE || Buffer.byteLength(text) > MAX_LINE;
  }

  #line(level: number, text: string): string {
    this.#length += 2 * level + text.length;
    if (this.#length > MAX_FORMATTED_CHARACTERS) {
      throw new PromqlError(
        'bad_data',
        `format limit: the formatted query has more than the ${MAX_FORMATTED_CHARACTERS} characters that are allowed`,
      );
    }
    return '  '.repeat(level) + text;
  }

  pretty(expr: Expr, level: number): string {
    // A sign and a sub-query are not indented by themselves.
    if (expr.kind === 'unary') return this.#line(level, expr.op + this.pretty(expr.expr, level).trim());
    if (expr.kind === 'subquery') {
      if (!this.#isLong(expr)) return this.text(expr);
      return this.pretty(expr.expr, level) + printSubquerySuffix(expr, this.#beforeOperator.has(expr));
    }
    if (!this.#isLong(expr)) return this.#line(level, this.text(expr));
    switch (expr.kind) {
      case 'aggregate':
        return this.#prettyAggregate(expr, level);
      case 'binary':
        return this.#prettyChain(expr, level);
      case 'call':
        return this.#prettyCall(expr, level);
      case 'paren':
        return `${this.#line(level, '(')}\n${this.pretty(expr.expr, level + 1)}\n${this.#line(level, ')')}`;
      default:
        return this.#line(level, this.text(expr));
    }
  }

  #prettyAggregate(expr: Aggregate, level: number): string {
    const head = this.#line(level, `${printAggregateHead(expr)}(`);
    const param = expr.param === undefined ? '' : `${this.pretty(expr.param, level + 1)},\n`;
    return `${head}\n${param}${this.pretty(expr.expr, level + 1)}\n${this.#line(level, ')')}`;
  }

  #prettyCall(expr: Call, level: number): string {
    const args = expr.args.map((arg) => this.pretty(arg, level + 1)).join(',\n');
    return `${this.#line(level, `${expr.func}(`)}\n${args}\n${this.#line(level, ')')}`;
  }

  /** The operators of a chain stand further left the later they are applied. */
  #prettyChain(last: Binary, level: number): string {
    const chain: Binary[] = [];
    let first: Expr = last;
    for (; first.kind === 'binary' && this.#isLong(first); first = first.left) chain.push(first);
    const indent = level + chain.length;
    let text = isInfiniteBase(chain.at(-1), first) ? this.#line(indent, 'Inf') : this.pretty(first, indent);
    for (const [at, binary] of chain.reverse().entries()) {
      const outer = level + chain.length - 1 - at;
      text += `\n${this.#line(outer, printOperator(binary))}\n${this.pretty(binary.right, outer + 1)}`;
    }
    return text;
  }
}

/** The expression on one line. */
export function print(expr: Expr): string {
  return new Printer().text(expr);
}

/** The expression over several lines where one would be longer than 100 bytes. */
export function prettyPrint(expr: Expr): string {
  return new Printer().pretty(expr, 0);
}
