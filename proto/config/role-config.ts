// How every process of Winnow reads its configuration at the start: the same flags, the same messages, the same exit code.
import { formatConfigError } from './config-error.ts';
import { settingsHelp } from './help.ts';
import { loadConfig, type ConfigInput, type LoadedConfig } from './load.ts';

/** Wrong usage or configuration. */
export const EXIT_USAGE = 2;

/** What of the process it needs; a parameter, because proto knows no Node. */
export interface RoleHost extends ConfigInput {
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly exit: (code: number) => never;
}

/** The configuration, or the end of the process: 0 after --help, {@link EXIT_USAGE} after every error was named with path, value and remedy. */
export function roleConfig(usage: string, host: RoleHost): LoadedConfig {
  const loaded = loadConfig(host);
  if (!loaded.ok) {
    for (const error of loaded.error) host.complain(`${formatConfigError(error)}\n`);
    return host.exit(EXIT_USAGE);
  }
  if (loaded.value.help) {
    host.print(`${usage}\n\n${settingsHelp()}`);
    return host.exit(0);
  }
  for (const warning of loaded.value.warnings) host.complain(`${warning}\n`);
  return loaded.value;
}
