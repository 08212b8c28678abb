// OTTL functions that match and split texts: regular expressions (RE2), JSON, pairs, rows, addresses.
import { RE2JS } from 're2js';
import { OttlSyntaxError } from '../syntax-error.ts';
import { itemsOf, mapOf, textOf } from '../parameter.ts';
import { attributeText } from '../plain.ts';
import { OttlError, OttlList, ReceivedMap, type OttlValue } from '../value.ts';
import { cidrHolds, isCidr } from './cidr.ts';
import { csvRow, pairsOf, splitUnquoted } from './rows.ts';
import { parameters, type CallValues, type OttlFunction } from './ottl-function.ts';
import { urlParts } from './url-parts.ts';

/** Patterns compiled once; conditions hold few, so there is nothing to evict. */
const patterns = new Map<string, RE2JS>();
const MAX_PATTERNS = 1024;

/** @throws OttlError when it is no RE2 */
function patternOf(text: string): RE2JS {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(text);
  } catch (error) {
    throw new OttlError(`has a pattern that is no RE2: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (patterns.size < MAX_PATTERNS) patterns.set(text, compiled);
  return compiled;
}

function checkPattern([, pattern]: CallValues): void {
  try {
    if (pattern !== undefined) patternOf(textOf(pattern));
  } catch (error) {
    throw new OttlSyntaxError(error instanceof Error ? error.message : String(error));
  }
}

/** Two texts between which something is cut, never empty and never the same. */
const delimiters = (pairs: string): Pick<OttlFunction, 'parameters' | 'check'> => ({
  parameters: parameters(
    pairs === 'map' ? 'map Target' : 'text Target',
    'literalText? Delimiter',
    'literalText? PairDelimiter',
    ...(pairs === 'map' ? (['literalBool? SortOutput'] as const) : []),
  ),
  check: (literals) => {
    const [one, other] = cutsOf(literals);
    if (one === '' || other === '' || one === other)
      throw new OttlSyntaxError('needs two delimiters that differ and are not empty');
  },
});

function cutsOf([, delimiter, pairDelimiter]: CallValues): [string, string] {
  return [delimiter === undefined ? '=' : textOf(delimiter), pairDelimiter === undefined ? ' ' : textOf(pairDelimiter)];
}

const CSV_MODES = ['strict', 'lazyQuotes', 'ignoreQuotes'];

export const PATTERN_FUNCTIONS: Readonly<Record<string, OttlFunction>> = {
  IsMatch: {
    parameters: parameters('likeText Target', 'text Pattern'),
    check: checkPattern,
    call: ([text, pattern]) => {
      const compiled = patternOf(textOf(pattern));
      return text !== null && compiled.test(textOf(text));
    },
  },
  ExtractPatterns: {
    parameters: parameters('text Target', 'text Pattern'),
    check: checkPattern,
    call: extractPatterns,
  },
  ParseJSON: { parameters: parameters('text Target'), call: ([text]) => parseJson(textOf(text)) },
  ParseKeyValue: { ...delimiters('text'), call: parseKeyValue },
  ToKeyValueString: { ...delimiters('map'), call: toKeyValueString },
  ParseCSV: {
    parameters: parameters(
      'text Target',
      'text Header',
      'literalText? Delimiter',
      'literalText? HeaderDelimiter',
      'literalText? Mode',
    ),
    check: ([, , delimiter, headerDelimiter, mode]) => {
      for (const one of [delimiter, headerDelimiter])
        if (one !== undefined && Array.from(textOf(one)).length !== 1)
          throw new OttlSyntaxError('needs delimiters of one letter');
      if (mode !== undefined && !CSV_MODES.includes(textOf(mode)))
        throw new OttlSyntaxError(`asks ParseCSV for the mode ${textOf(mode)}; there are ${CSV_MODES.join(', ')}`);
    },
    call: parseCsv,
  },
  IsInCIDR: {
    parameters: parameters('text Target', 'texts Networks'),
    check: ([, networks]) => {
      for (const network of networks === undefined ? [] : itemsOf(networks))
        if (!isCidr(textOf(network)))
          throw new OttlSyntaxError(`has ${textOf(network)}, which is no network as 10.0.0.0/8`);
    },
    call: ([address, networks]) => itemsOf(networks).some((network) => cidrHolds(textOf(network), textOf(address))),
  },
  URL: { parameters: parameters('text URI'), call: ([text]) => urlParts(textOf(text)) },
};

/** The named groups of the first match; none when nothing matches. */
function extractPatterns([text, pattern]: CallValues): OttlValue {
  const compiled = patternOf(textOf(pattern));
  const names = Object.entries(compiled.namedGroups());
  if (names.length === 0) throw new OttlError('the pattern has no named group');
  const matcher = compiled.matcher(textOf(text));
  if (!matcher.find()) return new ReceivedMap([]);
  return new ReceivedMap(
    names.sort(([, a], [, b]) => a - b).map(([name, group]) => [name, matcher.group(group) ?? '']),
  );
}

function parseJson(text: string): OttlValue {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new OttlError('is no JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw new OttlError('is neither an object nor a list');
  return fromJson(parsed, 0);
}

/** Nobody writes deeper. */
const MAX_JSON_DEPTH = 1000;

/** All numbers are floats. */
function fromJson(value: unknown, depth: number): OttlValue {
  if (depth > MAX_JSON_DEPTH) throw new OttlError('is nested too deeply');
  if (value === Infinity || value === -Infinity) throw new OttlError('has a number beyond all floats');
  if (Array.isArray(value))
    return new OttlList(
      'received',
      value.map((item) => fromJson(item, depth + 1)),
    );
  if (typeof value === 'object' && value !== null)
    return new ReceivedMap(Object.entries(value).map(([key, inner]) => [key, fromJson(inner, depth + 1)]));
  return value as OttlValue;
}

function parseKeyValue(values: CallValues): OttlValue {
  const [delimiter, pairDelimiter] = cutsOf(values);
  if (values[0] === '') throw new OttlError('is empty');
  return new ReceivedMap([...pairsOf(splitUnquoted(textOf(values[0]), pairDelimiter), delimiter)]);
}

function toKeyValueString(values: CallValues): string {
  const [delimiter, pairDelimiter] = cutsOf(values);
  const safe = (text: string): string => {
    const escaped = text.replaceAll('"', '\\"');
    return escaped.includes(delimiter) || escaped.includes(pairDelimiter) ? `"${escaped}"` : escaped;
  };
  const entries = mapOf(values[0]).entries.map(([key, value]) => [key, attributeText(value)] as const);
  const ordered =
    values[3] === true ? entries.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : entries;
  return ordered.map(([key, value]) => safe(key) + delimiter + safe(value)).join(pairDelimiter);
}

function parseCsv([text, header, delimiter, headerDelimiter, mode]: CallValues): OttlValue {
  const cut = delimiter === undefined ? ',' : textOf(delimiter);
  if (header === '') throw new OttlError('has no header');
  const names = textOf(header).split(headerDelimiter === undefined ? cut : textOf(headerDelimiter));
  const fields = mode === 'ignoreQuotes' ? textOf(text).split(cut) : csvRow(textOf(text), cut, mode === 'lazyQuotes');
  if (fields.length !== names.length) throw new OttlError(`has ${fields.length} fields for ${names.length} names`);
  return new ReceivedMap([...new Map(names.map((name, i) => [name, fields[i]!]))]);
}
