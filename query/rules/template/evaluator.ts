// Pipelines, commands and operands of a template → values, with the error texts of Go's text/template.
import { quote } from '#query/promql/quote.ts';
import type { FunctionScope, ParameterType, TemplateFunction } from './functions/function.ts';
import { PARAMETER_TYPE_NAMES } from './functions/function.ts';
import { templateFunction } from './functions/registry.ts';
import { methodOf, structField, type FieldValue } from './methods.ts';
import { nodeText } from './node-text.ts';
import type { Command, NumberNode, Operand, ParsedTemplate, Pipe, TemplateNode, Variable } from './nodes.ts';
import { TemplateError } from './template-error.ts';
import { isTrue, sizeOf, typeName, type Value } from './value.ts';
import { outputText } from './value-text.ts';

/** No value comes from the stage before. */
const NO_FINAL: unique symbol = Symbol('no final argument');
type Final = Value | typeof NO_FINAL;

interface Bound {
  readonly name: string;
  value: Value;
}

/** What is visible in one template: its variables, its name, and where the evaluation is. */
export class Evaluator {
  readonly scope: FunctionScope;
  readonly #template: ParsedTemplate;
  readonly #name: string;
  readonly #variables: Bound[];
  #node: TemplateNode | undefined;

  /** @param name of the template that runs: the text's own, or one that it defines */
  constructor(template: ParsedTemplate, name: string, data: Value, scope: FunctionScope) {
    this.#template = template;
    this.#name = name;
    this.scope = scope;
    this.#variables = [{ name: '$', value: data }];
  }

  /** Errors from now on happen here. */
  at(node: TemplateNode): void {
    this.scope.budget.step();
    this.#node = node;
  }

  fail(message: string): never {
    const { name, text } = this.#template;
    const node = this.#node;
    if (node === undefined) throw new TemplateError(`template: ${name}: ${message}`);
    const before = text.slice(0, node.at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = 1 + (lineStart === 0 ? 0 : before.split('\n').length - 1);
    const column = Buffer.byteLength(before.slice(lineStart));
    throw new TemplateError(
      `template: ${name}:${line}:${column}: executing ${quote(this.#name)} at <${nodeText(node)}>: ${message}`,
    );
  }

  mark(): number {
    return this.#variables.length;
  }

  /** Forgets variables declared since the mark. */
  reset(mark: number): void {
    this.#variables.length = mark;
  }

  /** Gives the n-th variable from the end another value. */
  setTop(n: number, value: Value): void {
    const bound = this.#variables.at(-n);
    if (bound !== undefined) bound.value = value;
  }

  assign(variable: Variable, value: Value): void {
    this.#bound(variable.names[0]!).value = value;
  }

  #bound(name: string): Bound {
    const bound = this.#variables.findLast((one) => one.name === name);
    return bound ?? this.fail(`undefined variable: ${name}`);
  }

  pipeline(dot: Value, pipe: Pipe): Value {
    this.at(pipe);
    let value: Final = NO_FINAL;
    for (const command of pipe.commands) value = this.#command(dot, command, value);
    const result = value === NO_FINAL ? undefined : value;
    for (const variable of pipe.declared) {
      if (pipe.assigns) this.assign(variable, result);
      else this.#variables.push({ name: variable.names[0]!, value: result });
    }
    return result;
  }

  #command(dot: Value, command: Command, final: Final): Value {
    const first = command.args[0]!;
    const { args } = command;
    switch (first.kind) {
      case 'field':
        this.at(first);
        return this.#fields({ value: dot, isAny: false }, first, first.names, dot, args, final);
      case 'chain':
        return this.#chain(dot, first, args, final);
      case 'identifier':
        return this.#function(dot, first, command, args, final);
      case 'pipe':
        this.#refuseArguments(args, final);
        return this.pipeline(dot, first);
      case 'variable':
        return this.#variable(dot, first, args, final);
      default:
        this.at(first);
        this.#refuseArguments(args, final);
        return this.#literal(dot, first);
    }
  }

  #literal(dot: Value, node: Operand): Value {
    switch (node.kind) {
      case 'bool':
        return node.value;
      case 'dot':
        return dot;
      case 'nil':
        return this.fail('nil is not a command');
      case 'number':
        return this.#constant(node);
      case 'string':
        return node.text;
      default:
        return this.fail(`can't evaluate command ${quote(nodeText(node))}`);
    }
  }

  #constant(node: NumberNode): Value {
    this.at(node);
    const isHexInteger = /^0[xX]/.test(node.text) && !/[pP]/.test(node.text);
    if (node.float !== undefined && !isHexInteger && !node.isCharacter && /[.eEpP]/.test(node.text)) return node.float;
    return node.integer ?? this.fail(`${node.text} overflows int`);
  }

  #refuseArguments(args: readonly Operand[], final: Final): void {
    if (args.length > 1 || final !== NO_FINAL) this.fail(`can't give argument to non-function ${nodeText(args[0]!)}`);
  }

  #chain(dot: Value, node: Extract<Operand, { kind: 'chain' }>, args: readonly Operand[], final: Final): Value {
    this.at(node);
    if (node.of.kind === 'nil') this.fail(`indirection through explicit nil in ${nodeText(node)}`);
    const value = this.#argument(dot, 'any', node.of);
    return this.#fields({ value, isAny: false }, node, node.names, dot, args, final);
  }

  #variable(dot: Value, node: Variable, args: readonly Operand[], final: Final): Value {
    this.at(node);
    const { value } = this.#bound(node.names[0]!);
    if (node.names.length === 1) {
      this.#refuseArguments(args, final);
      return value;
    }
    return this.#fields({ value, isAny: false }, node, node.names.slice(1), dot, args, final);
  }

  #function(
    dot: Value,
    node: Extract<Operand, { kind: 'identifier' }>,
    command: TemplateNode,
    args: readonly Operand[],
    final: Final,
  ): Value {
    this.at(node);
    const { name } = node;
    if (name === 'and' || name === 'or') return this.#andOr(dot, name, args.slice(1), final);
    if (name === 'call') return this.#callValue(dot, command, args.slice(1), final);
    const found = templateFunction(name);
    if (found === undefined) return this.fail(`${quote(name)} is not a defined function`);
    return this.#call(found, name, command, dot, args.slice(1), final);
  }

  /** The first argument that decides; those behind it are not evaluated. */
  #andOr(dot: Value, name: 'and' | 'or', args: readonly Operand[], final: Final): Value {
    if (args.length === 0 && final === NO_FINAL) this.fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: Value;
    for (const arg of args) {
      value = this.#argument(dot, 'any', arg);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final === NO_FINAL ? value : final;
  }

  /** No value of these templates is a function. */
  #callValue(dot: Value, command: TemplateNode, args: readonly Operand[], final: Final): Value {
    if (args.length === 0 && final === NO_FINAL) this.fail('wrong number of args for call: want at least 1 got 0');
    const values = args.map((arg) => this.#argument(dot, 'any', arg));
    const [first] = args;
    const called = final !== NO_FINAL && first === undefined ? final : values[0];
    const shown = first === undefined ? outputText(called) : nodeText(first);
    this.at(command);
    if (called === undefined) this.fail('error calling call: call of nil');
    return this.fail(`error calling call: non-function ${shown} of type ${typeName(called)}`);
  }

  #fields(
    from: FieldValue,
    node: TemplateNode,
    names: readonly string[],
    dot: Value,
    args: readonly Operand[],
    final: Final,
  ): Value {
    let receiver = from;
    for (const [at, name] of names.entries()) {
      const isLast = at + 1 === names.length;
      receiver = this.#field(receiver, name, node, dot, isLast ? args : [], isLast ? final : NO_FINAL);
    }
    return receiver.value;
  }

  #field(
    { value: receiver, isAny }: FieldValue,
    name: string,
    node: TemplateNode,
    dot: Value,
    args: readonly Operand[],
    final: Final,
  ): FieldValue {
    if (receiver === undefined) {
      if (isAny) this.fail(`nil pointer evaluating interface {}.${name}`);
      return { value: undefined, isAny: false };
    }
    const method = methodOf(receiver, name);
    if (method !== undefined) return { value: this.#call(method, name, node, dot, args.slice(1), final), isAny: false };
    const hasArguments = args.length > 1 || final !== NO_FINAL;
    const field = structField(receiver, name);
    if (field !== undefined) {
      if (hasArguments) this.fail(`${name} has arguments but cannot be invoked as function`);
      return field;
    }
    if (typeof receiver === 'object' && receiver.kind === 'map') {
      if (hasArguments) this.fail(`${name} is not a method but has arguments`);
      const isText = receiver.of === 'text';
      return { value: receiver.entries.get(name) ?? (isText ? '' : undefined), isAny: !isText };
    }
    return this.fail(`can't evaluate field ${name} in type ${isAny ? 'interface {}' : typeName(receiver)}`);
  }

  #call(
    called: TemplateFunction,
    name: string,
    node: TemplateNode,
    dot: Value,
    args: readonly Operand[],
    final: Final,
  ): Value {
    const { parameters, rest } = called;
    const count = args.length + (final === NO_FINAL ? 0 : 1);
    if (rest === undefined) {
      if (count !== parameters.length)
        this.fail(`wrong number of args for ${name}: want ${parameters.length} got ${count}`);
    } else if (count < parameters.length)
      this.fail(`wrong number of args for ${name}: want at least ${parameters.length} got ${args.length}`);
    const typeOf = (at: number): ParameterType => parameters[at] ?? rest ?? 'any';
    const values = args.map((arg, at) => this.#argument(dot, typeOf(at), arg));
    if (final !== NO_FINAL) values.push(this.#checked(final, typeOf(args.length)));
    let result: Value;
    for (const value of values) this.scope.budget.work(sizeOf(value));
    try {
      result = called.run(values, this.scope);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.at(node);
      return this.fail(`error calling ${name}: ${error.message}`);
    }
    this.scope.budget.work(sizeOf(result));
    return result;
  }

  #checked(value: Value, type: ParameterType): Value {
    if (type === 'any') return value;
    const expected = PARAMETER_TYPE_NAMES[type];
    if (value === undefined) return type === 'string' ? this.fail(`invalid value; expected ${expected}`) : value;
    const isRight = type === 'string' ? typeof value === 'string' : typeof value === 'object' && value.kind === type;
    return isRight ? value : this.fail(`wrong type for value; expected ${expected}; got ${typeName(value)}`);
  }

  #argument(dot: Value, type: ParameterType, node: Operand): Value {
    this.at(node);
    switch (node.kind) {
      case 'dot':
        return this.#checked(dot, type);
      case 'nil':
        return type === 'string' ? this.fail('cannot assign nil to string') : undefined;
      case 'field':
        return this.#checked(this.#fields({ value: dot, isAny: false }, node, node.names, dot, [node], NO_FINAL), type);
      case 'variable':
        return this.#checked(this.#variable(dot, node, [], NO_FINAL), type);
      case 'pipe':
        return this.#checked(this.pipeline(dot, node), type);
      case 'identifier':
        return this.#checked(this.#function(dot, node, node, [], NO_FINAL), type);
      case 'chain':
        return this.#checked(this.#chain(dot, node, [], NO_FINAL), type);
      default:
        return this.#literalArgument(type, node);
    }
  }

  #literalArgument(type: ParameterType, node: Extract<Operand, { kind: 'bool' | 'string' | 'number' }>): Value {
    if (type === 'string')
      return node.kind === 'string' ? node.text : this.fail(`expected string; found ${nodeText(node)}`);
    if (type !== 'any') this.fail(`can't handle ${nodeText(node)} for arg of type ${PARAMETER_TYPE_NAMES[type]}`);
    if (node.kind === 'number') return this.#constant(node);
    return node.kind === 'string' ? node.text : node.value;
  }
}
