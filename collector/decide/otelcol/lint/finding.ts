// What a lint of Collector policies points out, in one shape with that of Winnow's own rules.
import type { LintFinding } from '../../rules/lint-rules.ts';
import { isMap } from '../../rules/written-map.ts';

type Written = Readonly<Record<string, unknown>>;

/** A policy as written and already found valid, and where findings about it go. */
export class LintedPolicy {
  readonly written: Written;
  readonly path: string;
  readonly name: string;
  readonly type: string;
  /** The block named after the type; empty when it is not written. */
  readonly block: Written;
  readonly #findings: LintFinding[];

  constructor(written: Written, path: string, findings: LintFinding[]) {
    this.written = written;
    this.path = path;
    this.name = typeof written['name'] === 'string' ? written['name'] : '';
    this.type = String(written['type']);
    const block = written[this.type];
    this.block = isMap(block) ? block : {};
    this.#findings = findings;
  }

  /** About a key of the block, or the policy itself when the key is ''. */
  report(key: string, message: string, remedy: string): void {
    this.#findings.push({ path: key === '' ? this.path : `${this.path}.${this.type}.${key}`, message, remedy });
  }

  number(key: string): number {
    return Number(this.block[key] ?? 0);
  }

  text(key: string): string {
    const value = this.block[key];
    return typeof value === 'string' ? value : '';
  }

  texts(key: string): readonly string[] {
    const value = this.block[key];
    return typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : [];
  }

  list(key: string): readonly unknown[] {
    const value = this.block[key];
    return Array.isArray(value) ? value : [];
  }

  has(key: string): boolean {
    return this.block[key] !== undefined && this.block[key] !== null;
  }

  /** Policies inside, those of a list and the one of `not`. */
  subs(): readonly LintedPolicy[] {
    const key = `${this.type}_sub_policy`;
    const listed = this.block[key];
    if (isMap(listed)) return [new LintedPolicy(listed, `${this.path}.${this.type}.${key}`, this.#findings)];
    return this.list(key).flatMap((one, i) =>
      isMap(one) ? [new LintedPolicy(one, `${this.path}.${this.type}.${key}[${i}]`, this.#findings)] : [],
    );
  }
}

/** The same policy, whatever its name and the width of its numbers. */
export function contentOf(written: Written): string {
  const { name: _, ...rest } = written;
  return JSON.stringify(rest, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
}
