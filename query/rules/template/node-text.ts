// Nodes as text, as error messages show where they happened.
import { quote } from '#query/promql/quote.ts';
import type { Pipe, Statement, TemplateNode } from './nodes.ts';

export function nodeText(node: TemplateNode): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.otherwise === undefined ? '' : `{{else}}${listText(node.otherwise)}`;
      return `{{${node.kind} ${nodeText(node.pipe)}}}${listText(node.body)}${otherwise}{{end}}`;
    }
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`}}}`;
    case 'pipe':
      return pipeText(node);
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${nodeText(arg)})` : nodeText(arg))).join(' ');
    case 'identifier':
      return node.name;
    case 'variable':
      return node.names.join('.');
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'field':
      return node.names.map((name) => `.${name}`).join('');
    case 'chain': {
      const of = node.of.kind === 'pipe' ? `(${nodeText(node.of)})` : nodeText(node.of);
      return of + node.names.map((name) => `.${name}`).join('');
    }
    case 'bool':
      return String(node.value);
    case 'string':
      return node.quoted;
    case 'number':
      return node.text;
  }
}

function pipeText({ declared, assigns, commands }: Pipe): string {
  const variables = declared.map(nodeText).join(', ');
  const declaration = declared.length === 0 ? '' : `${variables} ${assigns ? '=' : ':='} `;
  return declaration + commands.map(nodeText).join(' | ');
}

function listText(statements: readonly Statement[]): string {
  return statements.map(nodeText).join('');
}
