// Dispatches one command line: finds the command, loads only its file, parses, runs, and turns errors into exit codes.

import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError, type Command, type CommandContext } from './command.ts';
import { nearestKey } from '#proto/config/nearest-key.ts';
import { parseArguments } from './parse-arguments.ts';
import { commandHelp, overview } from './render-help.ts';

/** Exit codes that scripts rely on. */
const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** A command is a file here that exports `command`; its name is the file's. */
const commandFolder = join(import.meta.dirname, 'commands');

/**
 * Runs `winnow` with the words after its name and returns the exit code: 0 done, 1 failed, 2 wrong usage.
 * Never throws.
 */
export async function runWinnow(words: string[], context: CommandContext): Promise<number> {
  const [name, ...rest] = words;
  const names = readdirSync(commandFolder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .toSorted();
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? context.stderr : context.stdout).write(overview(await Promise.all(names.map(load))));
    return name === undefined ? EXIT_USAGE : EXIT_DONE;
  }
  if (!names.includes(name)) {
    const close = nearestKey(name, names);
    const hint = close === undefined ? '' : ` Did you mean "${close}"?`;
    context.stderr.write(`winnow: no command "${name}".${hint} There are: ${names.join(', ')}.\n`);
    return EXIT_USAGE;
  }
  try {
    const command = await load(name);
    const options = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
    if (options.includes('--help') || options.includes('-h')) {
      context.stdout.write(commandHelp(command));
      return EXIT_DONE;
    }
    return await command.run(parseArguments(command, rest), context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.stderr.write(`winnow ${name}: ${message}\n`);
    if (!(error instanceof UsageError)) return EXIT_FAILED;
    context.stderr.write(`winnow ${name} --help lists its arguments and options.\n`);
    return EXIT_USAGE;
  }
}

async function load(name: string): Promise<Command> {
  const loaded = (await import(`./commands/${name}.ts`)) as { command: Command };
  return loaded.command;
}
