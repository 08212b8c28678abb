// The own API as an OpenAPI 3.1 document, made from the table of routes.
import { z } from 'zod';
import { ApiError } from './common.ts';
import { ROUTES } from './routes.ts';
import type { OwnRoute } from './route-contract.ts';

type Schema = z.core.JSONSchema.BaseSchema;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface Content {
  readonly 'application/json': { readonly schema: Schema | { readonly $ref: string } };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}

interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<'get' | 'post', Operation>>>>>;
  readonly components: { readonly schemas: { readonly Error: Schema } };
}

/** @param version of the product */
export function openApiDocument(version: string): OpenApiDocument {
  const routes: readonly (readonly [string, OwnRoute])[] = Object.entries(ROUTES);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Winnow',
      version,
      description:
        'Ids are lower-case hex; times are Unix nanoseconds in decimal. A parameter or field that a route does not know is refused with 400.',
    },
    paths: Object.fromEntries(
      routes.map(([name, route]) => [
        route.path.replaceAll(/:(\w+)/g, '{$1}'),
        { [route.method.toLowerCase()]: operationOf(name, route) },
      ]),
    ),
    components: { schemas: { Error: schemaOf(ApiError, 'output') } },
  };
}

function operationOf(name: string, route: OwnRoute): Operation {
  return {
    operationId: name,
    summary: route.summary,
    parameters: [
      ...(route.params === undefined ? [] : parametersOf(route.params, 'path')),
      ...parametersOf(route.query, 'query'),
    ],
    ...(route.body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
    }),
    responses: {
      200: {
        description: 'The answer',
        content: { 'application/json': { schema: schemaOf(route.response, 'output') } },
      },
      default: {
        description: 'What is wrong, and what to do',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function parametersOf(schema: z.ZodObject, place: Parameter['in']): Parameter[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input');
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest }: Schema = typeof property === 'object' ? property : {};
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // An answer may have further fields some day; a client that is made from this document must not refuse them.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return rest;
}
