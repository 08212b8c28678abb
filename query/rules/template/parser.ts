// Template text → syntax tree, with the error texts of Go's text/template.
import { unquote } from '#query/promql/literals.ts';
import { quote } from '#query/promql/quote.ts';
import { Lexer, type Token, type TokenKind } from './lexer.ts';
import { MAX_TEMPLATE_CHARACTERS, MAX_TEMPLATE_NESTING } from './limits.ts';
import { nodeText } from './node-text.ts';
import type { Branch, Command, Operand, ParsedTemplate, Pipe, Statement, Variable } from './nodes.ts';
import { readTemplateNumber } from './numbers.ts';
import { TemplateError } from './template-error.ts';

const OPERAND_KINDS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'string',
  'variable',
  '(',
]);
const LITERALS: ReadonlySet<string> = new Set(['bool', 'string', 'number', 'nil', 'dot']);
const NON_EXECUTABLE: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);

/** What ends a list of statements. */
type ListEnd = 'end' | 'else' | 'else if' | 'else with' | 'end of text';

/** Parses a text. Throws TemplateError. */
export function parseTemplate(name: string, text: string, isFunction: (name: string) => boolean): ParsedTemplate {
  if (text.length > MAX_TEMPLATE_CHARACTERS)
    throw new TemplateError(
      `template: ${name}:1: the text has ${text.length} characters, at most ${MAX_TEMPLATE_CHARACTERS} are allowed`,
    );
  return new Parser(name, text, isFunction).parse();
}

class Parser {
  readonly #name: string;
  readonly #text: string;
  readonly #isFunction: (name: string) => boolean;
  readonly #lexer: Lexer;
  readonly #defined = new Map<string, readonly Statement[]>();
  /** Tokens that were looked at, the next one last. */
  readonly #ahead: Token[] = [];
  #line = 1;
  #actionLine = 0;
  #variables: string[] = ['$'];
  #ranges = 0;
  #nesting = 0;

  constructor(name: string, text: string, isFunction: (name: string) => boolean) {
    this.#name = name;
    this.#text = text;
    this.#isFunction = isFunction;
    this.#lexer = new Lexer(text);
  }

  parse(): ParsedTemplate {
    const { statements, end } = this.#list(true);
    if (end !== 'end of text') this.#fail(`unexpected {{${end === 'end' ? 'end' : 'else'}}}`);
    return { name: this.#name, text: this.#text, root: statements, defined: this.#defined };
  }

  #fail(message: string): never {
    throw new TemplateError(`template: ${this.#name}:${this.#line}: ${message}`);
  }

  #next(): Token {
    const ahead = this.#ahead.pop();
    if (ahead !== undefined) return ahead;
    const token = this.#lexer.next();
    this.#line = token.line;
    return token;
  }

  #back(...tokens: readonly Token[]): void {
    this.#ahead.push(...tokens);
  }

  #peek(): Token {
    const token = this.#next();
    this.#back(token);
    return token;
  }

  #nextNonSpace(): Token {
    for (;;) {
      const token = this.#next();
      if (token.kind !== 'space') return token;
    }
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#back(token);
    return token;
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind === 'error') {
      let extra = '';
      if (this.#actionLine !== 0 && this.#actionLine !== token.line) {
        extra = ` in action started at ${this.#name}:${this.#actionLine}`;
        if (token.text.endsWith(' action')) extra = extra.slice(' in action'.length);
      }
      this.#fail(token.text + extra);
    }
    this.#fail(`unexpected ${shown(token)} in ${context}`);
  }

  #isKeyword(token: Token, word: string): boolean {
    return token.kind === 'keyword' && token.text === word;
  }

  #expectRight(context: string): void {
    const token = this.#nextNonSpace();
    if (token.kind !== 'right') this.#unexpected(token, context);
  }

  /** Statements up to `{{end}}`, `{{else}}` or, at the top, the end of the text. */
  #list(isTop = false): { statements: readonly Statement[]; end: ListEnd } {
    if (++this.#nesting > MAX_TEMPLATE_NESTING) this.#fail('max expression depth exceeded');
    const statements: Statement[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.kind === 'end') {
        if (!isTop) this.#fail('unexpected EOF');
        return { statements, end: 'end of text' };
      }
      if (token.kind === 'text') {
        statements.push({ kind: 'text', at: token.at, text: token.text });
        continue;
      }
      if (token.kind !== 'left') this.#unexpected(token, 'input');
      this.#actionLine = token.line;
      const statement = this.#action(isTop);
      this.#actionLine = 0;
      if (typeof statement === 'string') {
        this.#nesting--;
        return { statements, end: statement };
      }
      if (statement !== undefined) statements.push(statement);
    }
  }

  #action(isTop: boolean): Statement | ListEnd | undefined {
    const token = this.#nextNonSpace();
    if (token.kind !== 'keyword') {
      this.#back(token);
      return { kind: 'action', at: token.at, pipe: this.#pipeline('command', 'right') };
    }
    switch (token.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.text);
      case 'else': {
        const next = this.#peekNonSpace();
        if (this.#isKeyword(next, 'if')) return 'else if';
        if (this.#isKeyword(next, 'with')) return 'else with';
        this.#expectRight('else');
        return 'else';
      }
      case 'end':
        this.#expectRight('end');
        return 'end';
      case 'break':
      case 'continue': {
        const next = this.#nextNonSpace();
        if (next.kind !== 'right') this.#unexpected(next, `{{${token.text}}}`);
        if (this.#ranges === 0) this.#fail(`{{${token.text}}} outside {{range}}`);
        return { kind: token.text, at: token.at };
      }
      case 'template':
        return this.#templateCall();
      case 'block':
        return this.#block();
      default:
        if (!isTop) this.#unexpected(token, 'command');
        this.#define();
        return undefined;
    }
  }

  #branch(kind: 'if' | 'with' | 'range'): Branch {
    const variables = this.#variables.length;
    const pipe = this.#pipeline(kind, 'right');
    if (kind === 'range') this.#ranges++;
    const { statements: body, end } = this.#list();
    if (kind === 'range') this.#ranges--;
    const otherwise = this.#otherwise(kind, end);
    this.#variables.length = variables;
    return { kind, at: pipe.at, pipe, body, otherwise };
  }

  #otherwise(kind: 'if' | 'with' | 'range', end: ListEnd): readonly Statement[] | undefined {
    if (end === 'end') return undefined;
    const chained = end === 'else if' ? 'if' : end === 'else with' ? 'with' : undefined;
    if (chained !== undefined && chained === kind) {
      if (++this.#nesting > MAX_TEMPLATE_NESTING) this.#fail('max expression depth exceeded');
      this.#nextNonSpace();
      const branch = this.#branch(chained);
      this.#nesting--;
      return [branch];
    }
    const rest = this.#list();
    if (rest.end !== 'end') this.#fail('expected end; found {{else}}');
    return rest.statements;
  }

  #templateName(context: string): { name: string; at: number } {
    const token = this.#nextNonSpace();
    if (token.kind !== 'string') this.#unexpected(token, context);
    return { name: this.#unquoted(token), at: token.at };
  }

  #templateCall(): Statement {
    const { name, at } = this.#templateName('template clause');
    const next = this.#nextNonSpace();
    if (next.kind === 'right') return { kind: 'template', at, name, pipe: undefined };
    this.#back(next);
    return { kind: 'template', at, name, pipe: this.#pipeline('template clause', 'right') };
  }

  #define(): void {
    const { name } = this.#templateName('define clause');
    this.#expectRight('define clause');
    this.#definition(name, 'define clause');
  }

  #block(): Statement {
    const { name, at } = this.#templateName('block clause');
    const pipe = this.#pipeline('block clause', 'right');
    this.#definition(name, 'block clause');
    return { kind: 'template', at, name, pipe };
  }

  /** The body of a template has variables of its own. */
  #definition(name: string, context: string): void {
    const outer = this.#variables;
    const ranges = this.#ranges;
    this.#variables = ['$'];
    this.#ranges = 0;
    const { statements, end } = this.#list();
    if (end !== 'end') this.#fail(`unexpected {{else}} in ${context}`);
    this.#variables = outer;
    this.#ranges = ranges;
    const known = this.#defined.get(name);
    if (known !== undefined && !isEmpty(known)) {
      if (!isEmpty(statements)) this.#fail(`template: multiple definition of template ${quote(name)}`);
      return;
    }
    this.#defined.set(name, statements);
  }

  #pipeline(context: string, end: 'right' | ')'): Pipe {
    const { at } = this.#peekNonSpace();
    const { declared, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.kind === end) break;
      if (!OPERAND_KINDS.has(token.kind)) this.#unexpected(token, context);
      this.#back(token);
      commands.push(this.#command());
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [stage, { args }] of commands.entries())
      if (stage > 0 && NON_EXECUTABLE.has(args[0]!.kind))
        this.#fail(`non executable command in pipeline stage ${stage + 1}`);
    return { kind: 'pipe', at, declared, assigns, commands };
  }

  #declarations(context: string): { declared: readonly Variable[]; assigns: boolean } {
    const declared: Variable[] = [];
    while (this.#peekNonSpace().kind === 'variable') {
      const token = this.#nextNonSpace();
      const behind = this.#next();
      const next = behind.kind === 'space' ? this.#nextNonSpace() : behind;
      const isComma = next.kind === 'other' && next.text === ',';
      if (next.kind !== 'assign' && next.kind !== 'declare' && !isComma) {
        this.#back(next);
        if (behind !== next) this.#back(behind);
        this.#back(token);
        break;
      }
      declared.push({ kind: 'variable', at: token.at, names: [token.text] });
      this.#variables.push(token.text);
      if (!isComma) return { declared, assigns: next.kind === 'assign' };
      if (context !== 'range' || declared.length >= 2) this.#fail(`too many declarations in ${context}`);
      const { kind } = this.#peekNonSpace();
      if (kind !== 'variable' && kind !== 'right' && kind !== ')') this.#fail('range can only initialize variables');
    }
    return { declared, assigns: false };
  }

  #command(): Command {
    const { at } = this.#peekNonSpace();
    const args: Operand[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const token = this.#next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right' || token.kind === ')') this.#back(token);
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (args.length === 0) this.#fail('empty command');
    return { kind: 'command', at, args };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined || this.#peek().kind !== 'field') return term;
    const { at } = this.#peek();
    const names: string[] = [];
    while (this.#peek().kind === 'field') names.push(this.#next().text.slice(1));
    if (term.kind === 'field' || term.kind === 'variable') return { ...term, at, names: [...term.names, ...names] };
    if (LITERALS.has(term.kind)) this.#fail(`unexpected . after term ${quote(nodeText(term))}`);
    return { kind: 'chain', at, of: term, names };
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#isFunction(text)) this.#fail(`function ${quote(text)} not defined`);
        return { kind: 'identifier', at, name: text };
      case 'dot':
      case 'nil':
        return { kind: token.kind, at };
      case 'variable':
        if (!this.#variables.includes(text)) this.#fail(`undefined variable ${quote(text)}`);
        return { kind: 'variable', at, names: [text] };
      case 'field':
        return { kind: 'field', at, names: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', at, value: text === 'true' };
      case 'character':
      case 'number': {
        const number = readTemplateNumber(text, at);
        return typeof number === 'string' ? this.#fail(number) : number;
      }
      case '(': {
        if (++this.#nesting > MAX_TEMPLATE_NESTING) this.#fail('max expression depth exceeded');
        const pipe = this.#pipeline('parenthesized pipeline', ')');
        this.#nesting--;
        return pipe;
      }
      case 'string':
        return { kind: 'string', at, quoted: text, text: this.#unquoted(token) };
      default:
        this.#back(token);
        return undefined;
    }
  }

  #unquoted({ text }: Token): string {
    const read = unquote(text);
    return 'error' in read ? this.#fail('invalid syntax') : read.text;
  }
}

function isEmpty(statements: readonly Statement[]): boolean {
  return statements.every((statement) => statement.kind === 'text' && statement.text.trim() === '');
}

const SHOWN_CHARACTERS = 10;

function shown({ kind, text }: Token): string {
  if (kind === 'end') return 'EOF';
  if (kind === 'keyword' || kind === 'nil' || (kind === 'dot' && text === '.')) return `<${text}>`;
  const characters = Array.from(text);
  if (Buffer.byteLength(text) > SHOWN_CHARACTERS) return `${quote(characters.slice(0, SHOWN_CHARACTERS).join(''))}...`;
  return quote(text);
}
