// Renders --help from the described commands and options.

import type { Command } from './command.ts';

const INDENT = '  ';

/** Help of one command. */
export function commandHelp(command: Command): string {
  const rows = Object.entries(command.options).map(([name, option]): [string, string] => {
    const value = option.value === undefined ? '' : ` ${option.value}`;
    const standard = option.defaultText === undefined ? '' : ` (default: ${option.defaultText})`;
    return [`--${name}${value}`, `${option.about}${standard}`];
  });
  rows.push(['--help', 'this page']);
  const operands = command.operands === '' ? '' : ` ${command.operands}`;
  const about = command.about === undefined ? '' : `\n${command.about}\n`;
  return `winnow ${command.name}${operands} [options]\n\n${command.summary}\n${about}\nOptions:\n${table(rows)}`;
}

/** Help of the whole command line. */
export function overview(commands: readonly { name: string; summary: string }[]): string {
  const rows = commands.map(({ name, summary }): [string, string] => [name, summary]);
  return `winnow <command> [options]\n\nCommands:\n${table(rows)}\nwinnow <command> --help lists the options of one.\n`;
}

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${INDENT}${left.padEnd(width)}${INDENT}${right}\n`).join('');
}
