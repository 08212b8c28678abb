// Keys of the attributes that resources have. Where no resource has the key that is asked for, spans and logs alone are asked, by their index.
import type { Expression } from '#proto/search/expression.ts';
import { text } from '../columns.ts';
import type { TableReader } from '../table-reader.ts';

/** More are beyond all sense: then every key is asked of resources, too. */
const MAX_KEYS = 100_000;

const NONE: ReadonlySet<string> = new Set();

/** Not asked where the expression has no attribute. */
export async function resourceKeys(
  tables: TableReader,
  expression: Expression | undefined,
): Promise<ReadonlySet<string>> {
  if (!namesAttribute(expression)) return NONE;
  const rows = await tables.select(
    { key: text('arrayJoin(attr_keys)') },
    'FROM resources LIMIT {limit:UInt32}',
    { limit: MAX_KEYS },
    { distinct: true },
  );
  return new Set(rows.map(({ key }) => key));
}

function namesAttribute(expression: Expression | undefined): boolean {
  switch (expression?.kind) {
    case 'comparison':
      return expression.subject.of === 'attribute';
    case 'exists':
      return true;
    case 'and':
    case 'or':
      return expression.parts.some(namesAttribute);
    case 'not':
    case 'any':
    case 'all':
      return namesAttribute(expression.part);
    case 'word':
    case undefined:
      return false;
  }
}
