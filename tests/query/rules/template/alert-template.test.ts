// Templates of alerts: bounds, queries, and what no text may do. What each function gives is in ../promtool.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import type { QuerySample } from '#query/rules/model.ts';
import { AlertTemplates, checkAlertTemplate } from '#query/rules/template/alert-template.ts';
import { MAX_TEMPLATE_OUTPUT, MAX_TEMPLATE_QUERIES } from '#query/rules/template/limits.ts';

const SAMPLE: QuerySample = { labels: LabelSet.from([['i', 'one']]), value: 7 };

interface Asked {
  readonly query: string;
  readonly atMs: number;
}

function templates(answer: (query: string) => readonly QuerySample[] = () => [SAMPLE]): {
  expander: AlertTemplates;
  asked: Asked[];
} {
  const asked: Asked[] = [];
  const query = async (text: string, atMs: number): Promise<readonly QuerySample[]> => {
    asked.push({ query: text, atMs });
    return answer(text);
  };
  return { expander: new AlertTemplates('A', 60_000, query, { labels: new Map(), url: 'http://w/x' }), asked };
}

const MANY = Array.from({ length: 200 }, () => SAMPLE);

async function expand(text: string): Promise<string> {
  return templates((query) => (query === 'q' ? MANY : [SAMPLE])).expander.expand(text, SAMPLE);
}

describe('templates of alerts', () => {
  it('ask a query once for all alerts of a rule, at the instant of the evaluation', async () => {
    const { expander, asked } = templates();
    for (let alert = 0; alert < 3; alert++)
      expect(
        await expander.expand(
          '{{ query "up" | first | value }} {{ range query "down" }}{{ .Labels.i }}{{ end }}',
          SAMPLE,
        ),
      ).toBe('7 one');
    expect(asked).toEqual([
      { query: 'up', atMs: 60_000 },
      { query: 'down', atMs: 60_000 },
    ]);
  });

  it('know the address of this Winnow', async () => {
    expect(await expand('{{ externalURL }} {{ pathPrefix }} {{ $externalURL }}')).toBe('http://w/x /x http://w/x');
  });

  it('begin anew where the result of a query is missing, and write nothing twice', async () => {
    const text =
      '{{ $x := 0 }}a{{ range 5 }}{{ $x = . }}[{{ query (printf "q%d" .) | first | value }}]{{ end }}{{ $x }}';
    expect(await expand(text)).toBe('a[7][7][7][7][7]4');
  });

  it.each([
    ['{{ range 100000000 }}{{ end }}', 'step limit'],
    ['{{ range 1000000 }}xxxxxxxxxx{{ end }}', 'output limit'],
    ['{{ $s := "xxxxxxxxxx" }}{{ range 100 }}{{ $s = print $s $s }}{{ end }}', 'work limit'],
    ['{{ range 100 }}{{ $s := printf "%999999d" 5 }}{{ end }}', 'work limit'],
    ['{{ printf "%*d" 10000000 5 }}', 'BADWIDTH'],
    ['{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', 'exceeded maximum template depth (100)'],
    [
      '{{ define "a" }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ template "a" . }}{{ template "a" . }}{{ end }}{{ template "a" 1 }}',
      'exceeded maximum template depth',
    ],
    ['{{ range 1000 }}{{ query (printf "q%d" .) }}{{ end }}', `query limit: more than ${MAX_TEMPLATE_QUERIES} queries`],
    [`{{ match "${'a'.repeat(1_001)}" "x" }}`, 'pattern limit'],
    [
      `{{ $s := "xxxxxxxxxx" }}{{ range 16 }}{{ $s = print $s $s }}{{ end }}{{ match "(x+x+)+y" $s }}{{ match "(x+x+)+y" $s }}`,
      'pattern limit',
    ],
    ['{{ range 900000 }}{{ $x := match "(a|b|c)+d{3}" "abcabcabcabcabc" }}{{ end }}', 'pattern limit'],
    [
      '{{ match "(x{100}){10}y{1000}" "xxxxxxxxxxxxxxxxxxxxxxxxx" }}{{ match "((x{1000})+(y{1000})+(z{1000})+)+" (printf "%9999d" 5) }}',
      'pattern limit',
    ],
    ['{{ $s := printf "%1000000d" 5 }}{{ range 900000 }}{{ $x := len $s }}{{ end }}', 'work limit'],
    ['{{ range 900000 }}{{ $x := len (query "q") }}{{ end }}', 'work limit'],
    [`${'{{ if true }}'.repeat(101)}${'{{ end }}'.repeat(101)}`, 'max expression depth exceeded'],
    [`{{ ${'('.repeat(101)}1${')'.repeat(101)} }}`, 'max expression depth exceeded'],
    ['x'.repeat(200_001) + '{{ 1 }}', 'at most 200000 are allowed'],
  ])('are bounded: %#', async (text, limit) => {
    const started = performance.now();
    const result = await expand(text);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(result).toContain(limit);
    expect(result.length).toBeLessThan(MAX_TEMPLATE_OUTPUT);
  });

  it('match in linear time what backtracking could not', async () => {
    const started = performance.now();
    expect(await expand('{{ match "(x+x+)+y" "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }}')).toBe('false');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('are checked before they are expanded, with the line of what is wrong', () => {
    expect(checkAlertTemplate('A', 'fine {{ $value }}')).toBeUndefined();
    expect(checkAlertTemplate('A', 'x\ny {{ nope }}')).toBe('template: __alert_A:2: function "nope" not defined');
    expect(checkAlertTemplate('A', '{{ tmpl "x" . }}')).toBe('template: __alert_A:1: function "tmpl" not defined');
    expect(checkAlertTemplate('A', '{{ if true }}')).toBe('template: __alert_A:1: unexpected EOF');
    expect(checkAlertTemplate('A', '{{ end }}')).toBe('template: __alert_A:1: unexpected {{end}}');
    expect(checkAlertTemplate('A', '{{ $x }}')).toBe('template: __alert_A:1: undefined variable "$x"');
    expect(checkAlertTemplate('A', '{{ "a }}')).toBe('template: __alert_A:1: unterminated quoted string');
    expect(checkAlertTemplate('A', '{{ 1 | 2 }}')).toBe(
      'template: __alert_A:1: non executable command in pipeline stage 2',
    );
  });

  it('leave text without actions as it is', async () => {
    expect(await expand('100 % }} { {')).toBe('100 % }} { {');
  });
});

describe('any text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{{',
      '}}',
      '{{-',
      '-}}',
      ' ',
      '.',
      '$value',
      '$labels',
      '.Labels.i',
      'range',
      'if',
      'with',
      'else',
      'end',
      'define "d"',
      'template "d" .',
      '$x := ',
      '$x = ',
      '|',
      '(',
      ')',
      'printf "%s %d %v"',
      'query "q"',
      'len',
      'index',
      'humanize',
      'first',
      'break',
      'continue',
      'nil',
      '5',
      '-1.5e3',
      '"text"',
      '`raw`',
      "'c'",
      '/* c */',
      ',',
      '\n',
    ),
    fc.string({ maxLength: 5 }),
  );
  const action = fc.array(piece, { maxLength: 6 }).map((parts) => `{{ ${parts.join(' ')} }}`);

  it('is expanded or refused, in bounded time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(piece, action), { maxLength: 25 }), async (parts) => {
        const text = parts.join('');
        const started = performance.now();
        const error = checkAlertTemplate('A', text);
        const result = await expand(text);
        const isRefused = error !== undefined && text.includes('{{');
        expect(result.includes('<error expanding template: error parsing template __alert_A')).toBe(isRefused);
        expect(performance.now() - started).toBeLessThan(2_000);
      }),
      { numRuns: 3_000, seed: 7 },
    );
  });
});
