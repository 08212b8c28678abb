// What a command of the `winnow` command line is: described options, from which parsing, --help and errors follow.

/** One option. `value` names its value in the help and makes it take one; without it the option is a switch. */
export interface CommandOption {
  about: string;
  value?: string;
  defaultText?: string;
}

/** Options as given: text for those with a value, true for switches; absent ones are missing. */
export interface OptionValues {
  [name: string]: string | boolean | undefined;
}

/** What a command gets. `rest` are the words after `--`. */
export interface CommandInput {
  operands: string[];
  options: OptionValues;
  rest: string[];
}

/** Where a command writes, and what it may read of its surroundings. */
export interface CommandContext {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  /** Aborted by SIGINT or SIGTERM. */
  signal: AbortSignal;
}

/** A command: `operands` describes what stands beside the options, '' when nothing may. */
export interface Command {
  name: string;
  summary: string;
  about?: string;
  operands: string;
  options: Record<string, CommandOption>;
  /** Returns the exit code: 0 done, 1 failed. Wrong usage is thrown as UsageError. */
  run(input: CommandInput, context: CommandContext): Promise<number>;
}

/** Wrong usage: printed with the way out, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
