// What is typed to find spans in a trace: words, "words with spaces", key=value, each turned round by a minus. All of them must hold.

export interface FindTerm {
  /** As the server is asked for it: `key=value` or a part of a text. */
  readonly text: string;
  readonly key: string | null;
  readonly value: string;
  readonly isExcluded: boolean;
}

/** As many as the server takes. */
const MOST_TERMS = 8;
const TERM = /(-?)(?:([^\s="]+)=)?(?:"((?:[^"\\]|\\.)*)"?|([^\s"]+))?/gy;

export function parseFind(typed: string): FindTerm[] {
  const terms: FindTerm[] = [];
  const text = typed.trim();
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length && terms.length < MOST_TERMS) {
    const before = TERM.lastIndex;
    const match = TERM.exec(text);
    if (!match || match[0] === '') {
      TERM.lastIndex = before + 1;
      continue;
    }
    const [whole, minus, key = null, quoted, plain] = match;
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '';
    if (key === null && value === '') {
      // A lone minus or quotes without anything between them ask for nothing yet.
      if (whole.length === 0) TERM.lastIndex++;
      continue;
    }
    terms.push({ text: key === null ? value : `${key}=${value}`, key, value, isExcluded: minus === '-' });
  }
  return terms;
}

/** The other way round: what is typed for an attribute. */
export function findText(key: string, value: string, isExcluded: boolean): string {
  const quoted = /^[^\s"\\-][^\s"\\]*$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
  return `${isExcluded ? '-' : ''}${key}=${quoted}`;
}
