// A question in the search language, as the parameter `q` of several routes; what is wrong with it is said with its place.
import { RE2JS } from 're2js';
import { attributeIs, stringValue, type Expression, type Value } from '#proto/search/expression.ts';
import { SearchMistake } from '#proto/search/mistake.ts';
import { parseSearch } from '#proto/search/parse.ts';
import { readBareValue } from '#proto/search/values.ts';
import { BadRequest } from './request-error.ts';

/** Undefined where the text says nothing. @throws BadRequest */
export function parseQuestion(text: string): Expression | undefined {
  try {
    const expression = parseSearch(text);
    checkPatterns(expression);
    return expression;
  } catch (error) {
    if (error instanceof SearchMistake)
      throw new BadRequest('SEARCH', `q ${error.sentence(text)}`, 'docs/search.md has the language');
    throw error;
  }
}

/** ClickHouse reads them as RE2, too. @throws SearchMistake */
function checkPatterns(expression: Expression | undefined): void {
  switch (expression?.kind) {
    case 'comparison': {
      const pattern = expression.values[0];
      if ((expression.operator !== '~' && expression.operator !== '!~') || pattern?.type !== 'string') return;
      try {
        RE2JS.compile(pattern.text);
      } catch (error) {
        const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
        throw new SearchMistake(expression, `expected a regular expression (RE2), found ${pattern.text}: ${reason}`);
      }
      return;
    }
    case 'and':
    case 'or':
      expression.parts.forEach(checkPatterns);
      return;
    case 'not':
    case 'any':
    case 'all':
      checkPatterns(expression.part);
      return;
    case 'exists':
    case 'word':
    case undefined:
      return;
  }
}

/** `key=value`, of whatever type the value is sent. @throws BadRequest */
export function itemCondition(item: string): Expression {
  const at = item.indexOf('=');
  if (at < 0)
    throw new BadRequest(
      'ATTRIBUTE_FILTER',
      `attr must be key=value, got ${JSON.stringify(item)}`,
      'write attr=http.route=/cart',
    );
  const text = item.slice(at + 1);
  const values: readonly Value[] = [stringValue(text), readBareValue(text)];
  return attributeIs(item.slice(0, at), 'in', ...values.filter(({ type }, i) => i === 0 || type !== 'string'));
}
