// The syntax tree of a template. `at` is where a node begins, in characters of the text.

export interface Variable {
  readonly kind: 'variable';
  readonly at: number;
  /** `$labels` and the fields behind it. */
  readonly names: readonly string[];
}

export interface NumberNode {
  readonly kind: 'number';
  readonly at: number;
  readonly text: string;
  /** As an integer, where it is one. */
  readonly integer: bigint | undefined;
  readonly float: number | undefined;
  readonly isCharacter: boolean;
}

export type Operand =
  | { readonly kind: 'identifier'; readonly at: number; readonly name: string }
  | { readonly kind: 'dot' | 'nil'; readonly at: number }
  | { readonly kind: 'field'; readonly at: number; readonly names: readonly string[] }
  | { readonly kind: 'chain'; readonly at: number; readonly of: Operand; readonly names: readonly string[] }
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'string'; readonly at: number; readonly quoted: string; readonly text: string }
  | NumberNode
  | Variable
  | Pipe;

export interface Command {
  readonly kind: 'command';
  readonly at: number;
  readonly args: readonly Operand[];
}

export interface Pipe {
  readonly kind: 'pipe';
  readonly at: number;
  readonly declared: readonly Variable[];
  /** `$x = …` instead of `$x := …`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Branch {
  readonly kind: 'if' | 'with' | 'range';
  readonly at: number;
  readonly pipe: Pipe;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[] | undefined;
}

export interface TemplateCall {
  readonly kind: 'template';
  readonly at: number;
  readonly name: string;
  readonly pipe: Pipe | undefined;
}

export type Statement =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly pipe: Pipe }
  | { readonly kind: 'break' | 'continue'; readonly at: number }
  | Branch
  | TemplateCall;

export type TemplateNode = Statement | Operand | Command;

/** A parsed text and the templates that it defines. */
export interface ParsedTemplate {
  readonly name: string;
  readonly text: string;
  readonly root: readonly Statement[];
  readonly defined: ReadonlyMap<string, readonly Statement[]>;
}
