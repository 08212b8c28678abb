// Random PromQL expressions that parse: every construct of the language, in every place where it may stand.
import * as fc from 'fast-check';

const name = fc.constantFrom(
  'a',
  'up',
  'job:x:rate',
  'offset',
  'sum',
  'and',
  'start',
  'STEP',
  'fill',
  'anchored',
  'min_of',
  'inf_total',
  'BY',
);
const text = fc.constantFrom('"x"', "'y\"z'", '`raw\\`', '"\\u00e9\\n"', '""', '"\\xc3\\xa9"', '"é☺"', '"\\377"');
const label = fc.constantFrom('a', 'le', 'on', 'bool', '"b.c"', '"é"', 'offset', 'group_left');
const matcher = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'le', 'on', '"b.c"'), fc.constantFrom('=', '!='), text).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('job', '__name__'), fc.constantFrom('=~', '!~'), fc.constantFrom('"x|y"', '".+"', "'(a)b*'"))
    .map((parts) => parts.join('')),
);
const braces = fc
  .tuple(fc.array(matcher, { minLength: 1, maxLength: 3 }), fc.constantFrom('', ','))
  .map(([matchers, comma]) => `{${matchers.join(', ')}${comma}}`);
const selector = fc.oneof(
  name,
  fc.tuple(fc.constantFrom('a', 'up'), braces).map((parts) => parts.join('').replaceAll('__name__', 'instance')),
  braces.map((text) => text.replace('{', '{x="1",')),
  fc.constantFrom('{"metric.name"}', '{"metric name", a="b"}'),
);

const literal = fc.constantFrom(
  '5m',
  '1h30m',
  '300',
  '1.5',
  '90d',
  '1y2w',
  '7ms',
  '0x10',
  '1_000',
  '.25',
  '0.0001',
  '1e3',
);
const { duration } = fc.letrec<{ duration: string }>((tie) => ({
  duration: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    literal,
    fc.constantFrom('step()', 'RANGE()'),
    fc
      .tuple(tie('duration'), fc.constantFrom(' + ', ' - ', ' * ', ' / ', ' % ', '^'), tie('duration'))
      .map((parts) => parts.join('')),
    tie('duration').map((inner) => `(${inner})`),
    fc.tuple(fc.constantFrom('-', '+'), tie('duration')).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('min_of', 'Max_Of'), tie('duration'), tie('duration'))
      .map(([call, a, b]) => `${call}(${a}, ${b})`),
  ),
}));
/** In brackets literals are positive: a sign would make one of them wrong. */
const inBrackets = duration.map((text) =>
  /^[-+\s]*[\d.]/.test(text) && !/^[\d.]/.test(text) ? `1h + (${text})` : text,
);
const offset = fc.oneof(
  literal,
  fc.constantFrom('-5m', '+1h', 'step()', '-range()', 'min_of(1m, 2m)'),
  duration.map((inner) => `(${inner})`),
  duration.map((inner) => `-(${inner})`),
);
const at = fc.constantFrom('@ 5', '@ -1.5', '@ 1e9', '@ start()', '@ END()', '@ 5m');
const modifiers = fc
  .tuple(fc.option(offset, { nil: undefined }), fc.option(at, { nil: undefined }), fc.boolean())
  .map(([moved, pinned, first]) => {
    const parts = [moved === undefined ? '' : ` offset ${moved}`, pinned === undefined ? '' : ` ${pinned}`];
    return first ? parts.join('') : parts.reverse().join('');
  });
const extended = fc.constantFrom('', '', '', ' anchored', ' smoothed');

const labels = fc.array(label, { maxLength: 3 }).map((names) => `(${[...new Set(names)].join(', ')})`);
const plainLabels = fc.constantFrom('(a)', '(a, b)', '()', '("b.c")');
const fill = fc.constantFrom('', '', ' fill(0)', ' fill_left(-1.5)', ' fill_right(Inf) fill_left(2)', ' fill(5m)');
const matching = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom(' on ', ' ignoring'), plainLabels).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constantFrom(' on', ' ignoring '),
      plainLabels,
      fc.constantFrom(' group_left', ' group_right (c)', ' group_left()'),
    )
    .map((parts) => parts.join('')),
);

/** Text of an instant vector or a scalar. */
export const { expression } = fc.letrec<{ expression: string; vector: string; scalar: string; matrix: string }>(
  (tie) => ({
    vector: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.tuple(selector, modifiers).map((parts) => parts.join('')),
      fc
        .tuple(fc.constantFrom('rate', 'last_over_time', 'changes'), tie('matrix'))
        .map(([call, inner]) => `${call}(${inner})`),
      fc
        .tuple(fc.constantFrom('sum', 'COUNT', 'stddev'), labels, fc.constantFrom('by', 'without '), tie('vector'))
        .map(([op, by, how, inner]) => `${op} ${how} ${by} (${inner})`),
      fc.tuple(tie('scalar'), tie('vector'), labels).map(([param, inner, by]) => `topk(${param}, ${inner}) by ${by}`),
      fc.tuple(text, tie('vector')).map(([param, inner]) => `count_values(${param}, ${inner})`),
      tie('vector').map((inner) => `label_replace(${inner}, "a", '$1', "b", "(.*)")`),
      tie('vector').map((inner) => `(${inner})`),
      fc.tuple(fc.constantFrom('-', '+', '- '), tie('vector')).map((parts) => parts.join('')),
      fc
        .tuple(
          tie('vector'),
          fc.constantFrom('+', '-', '*', '/', '%', '^', ' atan2', '==', '!= bool', '</', '>/', '>= bool'),
          matching,
          fill,
          tie('vector'),
        )
        .map(([left, op, on, filled, right]) => `${left} ${op}${on}${filled} ${right}`),
      fc
        .tuple(
          tie('vector'),
          fc.constantFrom('and', 'or', 'UNLESS'),
          fc.constantFrom('', ' on(a)', ' ignoring ()'),
          tie('vector'),
        )
        .map(([left, op, on, right]) => `${left} ${op}${on} ${right}`),
      fc.tuple(tie('vector'), fc.constantFrom('*', '> ', '<bool'), tie('scalar')).map((parts) => parts.join(' ')),
    ),
    scalar: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.constantFrom(
        '1',
        '0.5',
        '-2',
        '5m',
        '-1h',
        'Inf',
        'nan',
        '0x1F',
        '017',
        '1e-7',
        '1e21',
        '123456789',
        'time()',
        'step()',
        'max_of(1, 2)',
      ),
      tie('vector').map((inner) => `scalar(${inner})`),
      fc
        .tuple(tie('scalar'), fc.constantFrom('+', '-', '*', '^', '% ', '== bool'), tie('scalar'))
        .map((parts) => parts.join(' ')),
    ),
    matrix: fc.oneof(
      { maxDepth: 2 },
      fc
        .tuple(selector, inBrackets, extended, modifiers)
        .map(([of, range, kind, moved]) => `${of}[${range}]${kind}${moved}`),
      fc
        .tuple(tie('vector'), literal, fc.option(literal, { nil: '' }), modifiers)
        .map(([of, range, step, moved]) => `(${of})[${range}:${step}]${moved}`),
    ),
    expression: fc.oneof(tie('vector'), tie('scalar')),
  }),
);
