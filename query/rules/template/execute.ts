// Runs a template: statements → text.
import { quote } from '#query/promql/quote.ts';
import type { FunctionScope } from './functions/function.ts';
import { MAX_TEMPLATE_DEPTH } from './limits.ts';
import { Evaluator } from './evaluator.ts';
import type { Branch, ParsedTemplate, Statement, TemplateCall } from './nodes.ts';
import { TemplateError } from './template-error.ts';
import { isTrue, type Value } from './value.ts';
import { outputText, valueText } from './value-text.ts';

/** Throws TemplateError. */
export function executeTemplate(template: ParsedTemplate, data: Value, scope: FunctionScope): string {
  const run = new Execution(template, scope);
  try {
    run.template(template.name, template.root, data, 0);
  } catch (error) {
    if (error instanceof RangeError) throw new TemplateError('nesting limit: templates call each other too deeply');
    throw error;
  }
  return run.text;
}

type Jump = 'break' | 'continue' | undefined;

class Execution {
  text = '';
  readonly #template: ParsedTemplate;
  readonly #scope: FunctionScope;

  constructor(template: ParsedTemplate, scope: FunctionScope) {
    this.#template = template;
    this.#scope = scope;
  }

  template(name: string, root: readonly Statement[], data: Value, depth: number): void {
    this.#list(new Evaluator(this.#template, name, data, this.#scope), root, data, depth);
  }

  #write(text: string): void {
    this.#scope.budget.write(text.length);
    this.text += text;
  }

  #list(evaluator: Evaluator, statements: readonly Statement[], dot: Value, depth: number): Jump {
    for (const statement of statements) {
      const jump = this.#statement(evaluator, statement, dot, depth);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  #statement(evaluator: Evaluator, statement: Statement, dot: Value, depth: number): Jump {
    evaluator.at(statement);
    switch (statement.kind) {
      case 'text':
        this.#write(statement.text);
        return undefined;
      case 'action': {
        const value = evaluator.pipeline(dot, statement.pipe);
        if (statement.pipe.declared.length === 0) {
          evaluator.at(statement);
          this.#write(outputText(value));
        }
        return undefined;
      }
      case 'break':
      case 'continue':
        return statement.kind;
      case 'template':
        this.#call(evaluator, statement, dot, depth);
        return undefined;
      case 'range':
        return this.#range(evaluator, statement, dot, depth);
      default:
        return this.#choose(evaluator, statement, dot, depth);
    }
  }

  #call(evaluator: Evaluator, { name, pipe }: TemplateCall, dot: Value, depth: number): void {
    const root = this.#template.defined.get(name) ?? (name === this.#template.name ? this.#template.root : undefined);
    if (root === undefined) evaluator.fail(`template ${quote(name)} not defined`);
    if (depth === MAX_TEMPLATE_DEPTH) evaluator.fail(`exceeded maximum template depth (${MAX_TEMPLATE_DEPTH})`);
    const data = pipe === undefined ? undefined : evaluator.pipeline(dot, pipe);
    this.template(name, root, data, depth + 1);
  }

  #choose(evaluator: Evaluator, branch: Branch, dot: Value, depth: number): Jump {
    const mark = evaluator.mark();
    const value = evaluator.pipeline(dot, branch.pipe);
    const jump = isTrue(value)
      ? this.#list(evaluator, branch.body, branch.kind === 'with' ? value : dot, depth)
      : this.#list(evaluator, branch.otherwise ?? [], dot, depth);
    evaluator.reset(mark);
    return jump;
  }

  #range(evaluator: Evaluator, branch: Branch, dot: Value, depth: number): Jump {
    const outer = evaluator.mark();
    const { declared, assigns } = branch.pipe;
    const over = evaluator.pipeline(dot, branch.pipe);
    if (typeof over === 'bigint' && declared.length > 1)
      evaluator.fail(`can't use ${over} to iterate over more than one variable`);
    const items = itemsOf(over);
    if (items === undefined) return evaluator.fail(`range can't iterate over ${valueText(over, true)}`);
    const mark = evaluator.mark();
    let isEmpty = true;
    for (const [key, value] of items) {
      isEmpty = false;
      this.#scope.budget.step();
      const [first, second] = declared;
      if (first !== undefined && assigns) {
        evaluator.assign(first, second === undefined ? value : key);
        if (second !== undefined) evaluator.assign(second, value);
      } else if (first !== undefined) {
        evaluator.setTop(1, value);
        if (second !== undefined) evaluator.setTop(2, key);
      }
      const jump = this.#list(evaluator, branch.body, value, depth);
      evaluator.reset(mark);
      if (jump === 'break') break;
    }
    const jump = isEmpty ? this.#list(evaluator, branch.otherwise ?? [], dot, depth) : undefined;
    evaluator.reset(outer);
    return jump;
  }
}

/** Keys and values; undefined where nothing can be iterated over. */
function itemsOf(over: Value): Iterable<readonly [Value, Value]> | undefined {
  if (over === undefined) return [];
  if (typeof over === 'bigint') return countUpTo(over);
  if (typeof over !== 'object') return undefined;
  if (over.kind === 'list') return over.items.map((item, at): readonly [Value, Value] => [BigInt(at), item]);
  return over.kind === 'map' ? over.entries : undefined;
}

/** Each number costs a step of the budget. */
function* countUpTo(end: bigint): Generator<readonly [Value, Value]> {
  for (let value = 0n; value < end; value++) yield [undefined, value];
}
