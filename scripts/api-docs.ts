// Makes docs/api.md from the table of routes; `node scripts/api-docs.ts` writes it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { openApiDocument } from '#proto/api/openapi.ts';

type Schema = z.core.JSONSchema.BaseSchema;
interface Field {
  readonly path: string;
  readonly type: string;
  readonly about: string;
}

/** Below the repository's root. */
export const API_DOCS_PATH = 'docs/api.md';

export function apiDocs(): string {
  const { paths, components } = openApiDocument('');
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  return `# HTTP API

Made by \`scripts/api-docs.ts\` from \`proto/api/routes.ts\`: edit that, not this page. The same for programs: [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html) at \`/api/openapi.json\`.

Everything is answered at \`listen.http\` (127.0.0.1:4320). Ids are lower-case hex. Times are Unix nanoseconds in decimal, as text, since they do not fit into a
double. \`start\` is inclusive, \`end\` exclusive; without them a route answers for the last 30 minutes. A parameter or field that a route does not know is refused
with 400, by name. Further fields may come into answers.

The Prometheus API is at \`/api/v1\` and \`/prometheus/api/v1\`, as Prometheus documents it: [query/api/prometheus](../query/api/prometheus/README.md).

${table(
  ['route', 'answers'],
  routes.map(({ name, operation }) => [`[\`${name}\`](#${anchorOf(name)})`, operation.summary]),
)}
## Errors

Every 4xx and 5xx has this body. A 5xx names the request as the log of query does, in \`request_id\` and in the header \`x-request-id\`.

${fieldTable(components.schemas.Error)}
${routes.map(({ name, operation }) => section(name, operation)).join('\n')}`;
}

type Operation = NonNullable<ReturnType<typeof openApiDocument>['paths'][string]['get']>;

function section(name: string, { summary, parameters, requestBody, responses }: Operation): string {
  const asked = parameters.map(({ name: parameter, in: place, required, description = '', schema }) => [
    `\`${parameter}\`${place === 'path' ? ' (in the path)' : ''}`,
    cell(typeOf(schema)),
    place === 'path' ? 'required' : cell(presence(schema, required)),
    cell(description),
  ]);
  return [
    `## ${name}\n\n${summary}.\n`,
    asked.length === 0 ? '' : table(['parameter', 'type', 'default', 'means'], asked),
    requestBody === undefined ? '' : `Body:\n\n${bodyTable(requestBody.content['application/json'].schema as Schema)}`,
    `Answer:\n\n${fieldTable(responses['200']!.content['application/json'].schema as Schema)}`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function bodyTable({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([name, property]) => {
    const schema = schemaOf(property);
    return [
      `\`${name}\``,
      cell(typeOf(schema)),
      cell(presence(schema, required.includes(name))),
      cell(schema.description ?? ''),
    ];
  });
  return table(['field', 'type', 'default', 'means'], rows);
}

function fieldTable(schema: Schema): string {
  return table(
    ['field', 'type', 'means'],
    fieldsOf(schema, '').map(({ path, type, about }) => [`\`${path}\``, cell(type), cell(about)]),
  );
}

/** Every field of an object and of what is in it; those of a list's items stand behind `[]`. */
function fieldsOf(schema: Schema, prefix: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const field = schemaOf(property);
    const isOptional = !(schema.required ?? []).includes(name);
    const { inner, suffix } = innerOf(field);
    const path = `${prefix}${name}`;
    return [
      { path, type: `${typeOf(field)}${isOptional ? ', may be absent' : ''}`, about: field.description ?? '' },
      ...fieldsOf(inner, `${path}${suffix}.`),
    ];
  });
}

function innerOf(schema: Schema): { readonly inner: Schema; readonly suffix: string } {
  const object = schema.anyOf?.map(schemaOf).find(({ type }) => type === 'object');
  if (object !== undefined) return { inner: object, suffix: '' };
  if (schema.type !== 'array') return { inner: schema, suffix: '' };
  return { inner: schemaOf(schema.items), suffix: '[]' };
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(schemaOf(one))).join(' or ');
  if (schema.type === 'array')
    return schema.prefixItems === undefined
      ? `list of ${typeOf(schemaOf(schema.items))}`
      : `list of ${schema.prefixItems.length} numbers`;
  const type = [schema.type ?? 'anything'].flat().join(' or ');
  const { minimum, maximum = Infinity } = schema;
  return minimum === undefined
    ? type
    : `${type}, ${minimum}${maximum < Number.MAX_SAFE_INTEGER ? `…${maximum}` : ' or more'}`;
}

function presence(schema: Schema, isRequired: boolean): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``;
  return isRequired ? 'required' : '';
}

function schemaOf(
  schema: z.core.JSONSchema._JSONSchema | readonly z.core.JSONSchema._JSONSchema[] | undefined,
): Schema {
  return typeof schema === 'object' && !Array.isArray(schema) ? (schema as Schema) : {};
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `${[line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** As the hosts of repositories make it out of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', API_DOCS_PATH), apiDocs());
  console.log(`written: ${API_DOCS_PATH}`);
}
