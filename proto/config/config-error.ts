// What is wrong with a configuration, in words by which a person can correct it: where, which value, what to do.

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export interface ConfigError {
  /** Key path such as `sampling.rules[2].keep`; empty for the file as a whole. */
  readonly path: string;
  /** Where the value came from, such as `winnow.yaml:12`, `--store` or `WINNOW_STORE`; empty when not known. */
  readonly source: string;
  /** The value as written, shortened; empty when there is none to show. */
  readonly value: string;
  readonly message: string;
  /** What to write instead. */
  readonly remedy: string;
}

/** Longest value shown in a message. */
const MAX_SHOWN = 60;

/** A value as it would stand in YAML flow style, shortened; a setting whose name speaks of a password is never shown. */
export function shown(value: unknown, path = ''): string {
  if (/password|secret|token/i.test(path)) return '***';
  const text =
    typeof value === 'string'
      ? value
      : (JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)) ??
        'nothing');
  if (/:\/*[^\s/@]*:[^\s@]*@/.test(text)) return '***'; // an address with a password in it
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

export function configError(path: string, value: unknown, message: string, remedy: string, source = ''): ConfigError {
  return { path, source, value: value === undefined ? '' : shown(value, path), message, remedy };
}

/** One line per error: `path (source): message, got VALUE; remedy`. */
export function formatConfigError(error: ConfigError): string {
  const where = [error.path, error.source === '' ? '' : `(${error.source})`].filter((part) => part !== '').join(' ');
  const got = error.value === '' ? '' : `, got \`${error.value}\``;
  return `${where === '' ? 'configuration' : where}: ${error.message}${got}; ${error.remedy}`;
}
