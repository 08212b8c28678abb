// `winnow demo`: placeholder while the shop is being built.
import type { Command } from '../command.ts';

export const command: Command = { name: 'demo', summary: 'a shop as live traffic', operands: '', options: {}, run: async () => 1 };
