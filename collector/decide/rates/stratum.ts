// The stratum a trace belongs to, for rates per key: a text from its root and its status. What stands for a trace without root is
// its earliest span.
import { isList } from '#proto/model/untyped.ts';
import { VALUE_STRING } from '#proto/otlp/enums.ts';
import { configError, type ConfigError } from '#proto/config/config-error.ts';
import { MISSING } from '../values/attribute-reader.ts';
import type { Compiler } from '../rules/condition.ts';
import type { TraceCursor } from '../trace-cursor.ts';

/** Per trace, not per span: a string is affordable. */
export type StratumOf = (cursor: TraceCursor) => string;

/** Attributes that name the route, in order of preference. */
const ROUTE_KEYS = ['http.route', 'rpc.method', 'messaging.destination.name'];
/** Longer values are cut: strata are bounded in bytes too. */
const MAX_PART_BYTES = 128;
const SEPARATOR = '\u0000';

/** `per: [service, route, status, name, or any attribute key of the root]`; an empty list is one stratum. */
export function compileStratum(written: unknown, path: string, compiler: Compiler): StratumOf | undefined {
  if (written === undefined) return () => '';
  const keys = isList(written) ? written.filter((part) => typeof part === 'string' && part !== '') : [];
  if (!isList(written) || keys.length < written.length) {
    compiler.errors.push(stratumError(path, written));
    return undefined;
  }
  const parts = keys.map((part) => partOf(String(part), compiler));
  return (cursor) => {
    cursor.moveTo(cursor.view.rootRow);
    let key = '';
    for (let i = 0; i < parts.length; i++) key += (i === 0 ? '' : SEPARATOR) + parts[i]!(cursor);
    return key;
  };
}

function stratumError(path: string, written: unknown): ConfigError {
  return configError(
    path,
    written,
    'is no list of keys',
    'write per: [service, route, status], or attribute keys of the root span',
  );
}

function partOf(part: string, compiler: Compiler): StratumOf {
  if (part === 'service') {
    return ({ view, row }) =>
      view.memory.services.text(view.memory.resources.service[view.memory.spans.resource[row]!]!);
  }
  if (part === 'name') return ({ view, row }) => view.memory.names.text(view.memory.spans.name[row]!);
  if (part === 'status') return ({ view }) => (view.errorCount > 0 ? 'error' : 'ok');
  if (part === 'route') {
    const slots = ROUTE_KEYS.map((key) => compiler.keys.slot(key));
    return (cursor) => {
      for (const slot of slots) {
        const text = attributeText(cursor, slot);
        if (text !== '') return text;
      }
      return cursor.view.memory.names.text(cursor.view.memory.spans.name[cursor.row]!);
    };
  }
  const slot = compiler.keys.slot(part);
  return (cursor) => attributeText(cursor, slot);
}

/** Text of an attribute; another type gives its bytes as digits, a missing one ''. */
function attributeText(cursor: TraceCursor, slot: number): string {
  let text = '';
  cursor.attribute(slot, (bytes, type, start, end) => {
    if (type === MISSING) return false;
    const part = Buffer.from(bytes.subarray(start, Math.min(end, start + MAX_PART_BYTES)));
    text = type === VALUE_STRING ? part.toString('utf8') : `${type}:${part.toString('hex')}`;
    return true;
  });
  return text;
}
