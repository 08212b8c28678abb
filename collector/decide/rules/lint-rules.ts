// What in a valid rule list is probably not what its author meant: reported before it costs traces.
import { MIN_RUN } from '#collector/reconstruct/repeats.ts';
import { shown } from '#proto/config/config-error.ts';
import { isMap } from './written-map.ts';

/** `path` as in errors, `message` what will happen, `remedy` what to write. */
export interface LintFinding {
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

/** Attributes whose values the semantic conventions make ints, however often people write them as text. */
export const INT_ATTRIBUTES: ReadonlySet<string> = new Set([
  'http.status_code',
  'http.response.status_code',
  'rpc.grpc.status_code',
  'server.port',
  'client.port',
  'net.peer.port',
  'net.host.port',
  'network.peer.port',
  'http.request.body.size',
  'http.response.body.size',
  'messaging.batch.message_count',
  'process.pid',
]);
/** Anything a regular expression could do beyond equality. */
export const REGEX_META = /[\\^$.|?*+()[\]{}]/;
const RULES_PATH = 'sampling.rules';

/** @param rules as written and already found valid by compileRules */
export function lintRules(rules: readonly unknown[]): LintFinding[] {
  const findings: LintFinding[] = [];
  const earlier: { readonly name: string; readonly when: unknown; readonly text: string }[] = [];
  let catchAll: string | undefined;
  for (const [i, rule] of rules.entries()) {
    if (!isMap(rule)) continue;
    const path = `${RULES_PATH}[${i}]`;
    const name = String(rule['name']);
    const when = rule['when'] ?? {};
    const text = JSON.stringify(when);
    const wider = earlier.find((one) => implies(when, one.when));
    if (catchAll !== undefined)
      findings.push({
        path,
        message: `rule \`${name}\` is never reached: \`${catchAll}\` above it matches every trace`,
        remedy: 'move it above',
      });
    else if (wider?.text === text)
      findings.push({
        path,
        message: `rule \`${name}\` is never reached: \`${wider.name}\` above it has the same conditions`,
        remedy: 'remove one of the two',
      });
    else if (wider !== undefined)
      findings.push({
        path,
        message: `rule \`${name}\` is never reached: \`${wider.name}\` above it asks for less and matches the same traces`,
        remedy: 'move it above',
      });
    earlier.push({ name, when, text });
    if (text === '{}') catchAll ??= name;
    lintWhen(when, `${path}.when`, findings);
  }
  if (catchAll === undefined) {
    const message =
      rules.length === 0
        ? 'an empty list of rules keeps nothing'
        : 'no rule matches every trace: what matches none is not kept';
    findings.push({
      path: RULES_PATH,
      message,
      remedy: 'end with a rule without when, as { name: the rest, keep: 5% }',
    });
  }
  return findings;
}

/** Groups whose conditions are joined by and: more of them match less. */
const JOINED: ReadonlySet<string> = new Set(['root', 'any', 'all', 'attributes', 'resource', 'all_of']);

/** Whether what meets `narrow` is sure to meet `wide`: the same, or the same and more. */
function implies(narrow: unknown, wide: unknown): boolean {
  if (!isMap(narrow) || !isMap(wide)) return JSON.stringify(narrow) === JSON.stringify(wide);
  return Object.entries(wide).every(([key, value]) => {
    const own = narrow[key];
    if (own === undefined) return false;
    return (
      JSON.stringify(own) === JSON.stringify(value) ||
      (JOINED.has(key) && isMap(own) && isMap(value) && implies(own, value))
    );
  });
}

function lintWhen(written: unknown, path: string, findings: LintFinding[]): void {
  if (Array.isArray(written)) {
    for (const [i, one] of written.entries()) lintWhen(one, `${path}[${i}]`, findings);
    return;
  }
  if (!isMap(written)) return;
  lintRange(written, path, findings);
  for (const [key, value] of Object.entries(written)) {
    const inner = `${path}.${key}`;
    if (INT_ATTRIBUTES.has(key)) lintInt(value, inner, findings);
    if (key === 'repeats' && !/\.(attributes|resource)$/.test(path)) lintRepeats(value, inner, findings);
    const pattern =
      key === 'matches' ? value : typeof value === 'string' ? /^matches\s+(.*)$/.exec(value)?.[1] : undefined;
    if (typeof pattern === 'string') lintPattern(pattern, inner, findings);
    lintWhen(value, inner, findings);
  }
}

function lintInt(value: unknown, path: string, findings: LintFinding[]): void {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const one of values) {
    if (typeof one !== 'string' || !/^\d+$/.test(one)) continue;
    findings.push({
      path,
      message: `compares with the text \`${shown(one)}\`, but this attribute is an int and an int never equals a text`,
      remedy: `write ${one} without quotes`,
    });
  }
}

/** Runs shorter than those that count. */
function lintRepeats(value: unknown, path: string, findings: LintFinding[]): void {
  const written = isMap(value) && value['spans'] !== undefined ? value['spans'] : value;
  const bounds = isMap(written)
    ? Object.entries(written).map(([operator, bound]) => `${operator} ${String(bound)}`)
    : [String(written)];
  const low = bounds.find((bound) => Number(/^(?:>=|>|=)?\s*(\d+)$/.exec(bound)?.[1] ?? Infinity) < MIN_RUN - 1);
  if (low === undefined) return;
  findings.push({
    path,
    message: `runs of fewer than ${MIN_RUN} spans count as none, so ${shown(low)} means no more than '>= ${MIN_RUN}' would`,
    remedy: `write '>= ${MIN_RUN}' or more`,
  });
}

function lintPattern(pattern: string, path: string, findings: LintFinding[]): void {
  if (!REGEX_META.test(pattern)) {
    findings.push({
      path,
      message: `\`${pattern}\` must cover the whole text, and has no wildcard: it only equals itself`,
      remedy: `write ${pattern}.* for texts that begin so, .*${pattern}.* for texts that contain it, or the plain text`,
    });
  } else if (/^\^|\$$/.test(pattern)) {
    findings.push({
      path,
      message: 'is anchored at both ends anyway',
      remedy: 'leave ^ and $ away, and add .* where more may follow',
    });
  }
}

/** `{ '>': 5, '<': 3 }` */
function lintRange(written: Readonly<Record<string, unknown>>, path: string, findings: LintFinding[]): void {
  const bound = (...operators: string[]): number | undefined => {
    const value = operators.map((operator) => written[operator]).find((one) => one !== undefined);
    return typeof value === 'number' ? value : undefined;
  };
  const [least, most] = [bound('>', '>='), bound('<', '<=')];
  if (least === undefined || most === undefined) return;
  const open = written['>'] !== undefined || written['<'] !== undefined;
  if (least > most || (least === most && open))
    findings.push({
      path,
      message: `no number is above ${least} and below ${most}: the rule never matches`,
      remedy: 'exchange the bounds',
    });
}
