// Holds a request against what its route declares. A parameter or field that the route does not know is named, with the nearest that it
// knows: one that is ignored looks as if it had been heard.
import { z } from 'zod';
import { nearestKey } from '../config/nearest-key.ts';
import { NO_FIELDS, type RequestContract } from './route-contract.ts';

/** A name of the request in a message is cut after this; looking for the nearest of a longer one would take long. */
const MAX_NAME_CHARS = 100;

export interface RequestMistake {
  readonly code: 'UNKNOWN_PARAMETER' | 'REPEATED_PARAMETER' | 'UNKNOWN_FIELD' | 'UNEXPECTED_BODY';
  readonly message: string;
  readonly hint: string;
}

type Schema = z.core.JSONSchema.BaseSchema;

interface UnknownName {
  readonly name: string;
  /** The object that has it, as `rules[0]`; '' for the outermost. */
  readonly parent: string;
  readonly known: readonly string[];
}

export class DeclaredRequest {
  readonly #route: RequestContract;
  readonly #query: readonly Schema[];
  readonly #body: readonly Schema[];

  constructor(route: RequestContract) {
    this.#route = route;
    this.#query = schemasOf(route.query);
    this.#body = route.body === undefined ? [] : schemasOf(route.body);
  }

  /** @param query by name; a parameter that is given more than once has an array */
  mistakeInQuery(query: Readonly<Record<string, unknown>>): RequestMistake | undefined {
    const { path } = this.#route;
    const unknown = firstUnknown(this.#query, query, '');
    if (unknown !== undefined) {
      return {
        code: 'UNKNOWN_PARAMETER',
        message: `unknown parameter ${quoted(unknown.name)} of ${path}: ${remedy(unknown, 'parameters')}`,
        hint: 'mend its name or leave it out: a parameter that a route does not know is refused, not ignored',
      };
    }
    for (const [name, value] of Object.entries(query)) {
      if (!Array.isArray(value) || isList(this.#query, name)) continue;
      return {
        code: 'REPEATED_PARAMETER',
        message: `parameter ${quoted(name)} of ${path} is given ${value.length} times: it takes one value`,
        hint: 'give it once',
      };
    }
    return undefined;
  }

  /** @param body as parsed; what is no object is left to the schema */
  mistakeInBody(body: unknown): RequestMistake | undefined {
    const unknown = firstUnknown(this.#body, body, '');
    if (unknown === undefined) return undefined;
    const place = unknown.parent === '' ? '' : ` in ${unknown.parent}`;
    return {
      code: 'UNKNOWN_FIELD',
      message: `unknown field ${quoted(unknown.name)}${place} of POST ${this.#route.path}: ${remedy(unknown, 'fields')}`,
      hint: 'mend its name or leave it out: a field that a route does not know is refused, not ignored',
    };
  }

  /** Of a body that is there although the route takes none, or that is no JSON where an empty one is enough. */
  get unexpectedBody(): RequestMistake {
    return {
      code: 'UNEXPECTED_BODY',
      message: `${this.#route.method} ${this.#route.path} takes no body`,
      hint: 'parameters belong into the query string',
    };
  }

  /** Whether the body says nothing, if there is one at all. */
  get takesNoField(): boolean {
    return this.#route.body === undefined || this.#route.body === NO_FIELDS;
  }
}

/** What a request may hold, as JSON Schema: plain data, whatever zod made it with. */
function schemasOf(schema: z.ZodType): readonly Schema[] {
  return alternatives(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', cycles: 'throw' }));
}

/** A name is known where one part of a union or an intersection knows it. */
function alternatives(schema: z.core.JSONSchema._JSONSchema | undefined): readonly Schema[] {
  if (typeof schema !== 'object') return [];
  const parts = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  return parts === undefined ? [schema] : parts.flatMap(alternatives);
}

/** Depth first, in the order of the request. The schemas have no cycle, so that their depth bounds the search. */
function firstUnknown(schemas: readonly Schema[], value: unknown, at: string): UnknownName | undefined {
  if (Array.isArray(value)) {
    const items = schemas.flatMap(({ items: each, prefixItems }) =>
      [each ?? [], prefixItems ?? []].flat().flatMap(alternatives),
    );
    for (const [i, item] of items.length === 0 ? [] : value.entries()) {
      const found = firstUnknown(items, item, `${at}[${i}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const objects = schemas.filter(({ type }) => type === 'object');
  if (objects.length === 0) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const declared = objects.flatMap((object) => propertyOf(object, name));
    if (declared.length === 0)
      return {
        name,
        parent: at,
        known: [...new Set(objects.flatMap(({ properties }) => Object.keys(properties ?? {})))],
      };
    const found = firstUnknown(declared, inner, at === '' ? name : `${at}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function propertyOf({ properties = {}, additionalProperties: others }: Schema, name: string): readonly Schema[] {
  if (Object.hasOwn(properties, name)) return alternatives(properties[name]);
  return alternatives(others === true ? {} : others);
}

function isList(schemas: readonly Schema[], name: string): boolean {
  return schemas
    .flatMap((object) => propertyOf(object, name))
    .some(({ type }) => type === undefined || type === 'array');
}

function remedy({ name, parent, known }: UnknownName, what: string): string {
  const who = parent === '' ? 'it' : parent;
  if (known.length === 0) return `${who} takes no ${what}`;
  const nearest = nearestKey(name.slice(0, MAX_NAME_CHARS), known);
  return `${nearest === undefined ? '' : `did you mean "${nearest}"? `}${who} knows ${known.join(', ')}`;
}

function quoted(name: string): string {
  return JSON.stringify(name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS)}…` : name);
}
