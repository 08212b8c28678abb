// Variables in a Collector's configuration: ${env:NAME}, ${NAME} and ${env:NAME:-default} become what the environment has, $$ for a dollar sign.
import { configError, type ConfigError } from './config-error.ts';
import { parseCollectorYaml } from './collector-file.ts';

const REFERENCE = /\$\$|\$\{([^{}]*)\}/g;
const WHOLE = /^\$\{[^{}]*\}$/;
const NAME = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/** The block with all references replaced; a value that is one reference alone gets the type that its text has in YAML. Errors are added with their paths. */
export function expandVariables(
  written: unknown,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  errors: ConfigError[],
): unknown {
  if (Array.isArray(written)) return written.map((one, i) => expandVariables(one, `${path}[${i}]`, env, errors));
  if (typeof written === 'object' && written !== null) {
    return Object.fromEntries(
      Object.entries(written).map(([key, value]) => [key, expandVariables(value, `${path}.${key}`, env, errors)]),
    );
  }
  if (typeof written !== 'string' || !written.includes('$')) return written;
  const text = written.replace(REFERENCE, (found, inner: string | undefined) => {
    if (inner === undefined) return '$';
    const parts = NAME.exec(inner);
    const value = parts === null ? undefined : (env[parts[1]!] ?? parts[2]);
    if (parts === null)
      errors.push(
        configError(
          path,
          found,
          'is no reference to a variable',
          'write ${env:NAME} or ${env:NAME:-default}; other providers are not read here',
        ),
      );
    else if (value === undefined)
      errors.push(
        configError(
          path,
          found,
          'is not set in the environment',
          `set ${parts[1]!}, or write \${env:${parts[1]!}:-default}`,
        ),
      );
    return value ?? '';
  });
  if (!WHOLE.test(written)) return text;
  try {
    return parseCollectorYaml(text);
  } catch {
    return text;
  }
}
