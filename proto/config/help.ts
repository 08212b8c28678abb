// The settings as --help prints them and as docs/configuration.md shows them, both from the schema.
import { SETTINGS, type Setting } from './settings.ts';

/** Columns of a terminal that nobody has narrower. */
const LINE_COLUMNS = 110;
const INDENT = '      ';

/** Settings for --help: one head line each and its description, wrapped. */
export function settingsHelp(): string {
  const lines = [
    'Settings: key a.b is flag --a.b=VALUE and variable WINNOW_A_B; a file is given with --config FILE. Flags win over variables, variables over the file.',
    '',
  ];
  for (const setting of SETTINGS) {
    lines.push(
      `  --${setting.key}=${setting.type.toUpperCase() === 'HOST:PORT' ? 'HOST:PORT' : `<${setting.type}>`}${setting.default === '' ? '' : `  (${setting.default})`}`,
    );
    lines.push(...wrap(setting.description, LINE_COLUMNS - INDENT.length).map((line) => INDENT + line));
  }
  return `${lines.join('\n')}\n`;
}

/** A Markdown table per group. */
export function settingsMarkdown(): string {
  const groups = new Map<string, Setting[]>();
  for (const setting of SETTINGS) {
    const group = setting.key.includes('.') ? setting.key.split('.')[0]! : 'general';
    groups.set(group, [...(groups.get(group) ?? []), setting]);
  }
  const parts: string[] = [];
  for (const [group, settings] of [...groups].sort(([a], [b]) => Number(b === 'general') - Number(a === 'general'))) {
    parts.push(`### ${group}`, '', '| key | type | default | reload | meaning |', '|---|---|---|---|---|');
    for (const one of settings) {
      const written = one.default === '' ? '' : `\`${one.default}\``;
      parts.push(
        `| \`${one.key}\` | ${one.type} | ${written} | ${one.reload ? 'yes' : 'restart'} | ${one.description.replaceAll('|', '\\|')} |`,
      );
    }
    parts.push('');
  }
  return parts.join('\n');
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
