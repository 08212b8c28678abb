// What a route of our own HTTP API declares: where it is, and what a request may hold. What it does not declare is refused (declared-request.ts).
import { z } from 'zod';

/** Of a route that takes no parameter in its query string. */
export const NO_PARAMETERS = z.strictObject({});
/** Of a route whose clients are not ours and send parameters of their own: none of them is looked at. */
export const ANY_PARAMETERS = z.looseObject({});
/** Of a POST that takes no field; its body may also be empty. */
export const NO_FIELDS = z.strictObject({});

interface RequestPlace {
  /** `:name` is a path parameter. */
  readonly path: string;
  /** Path parameters. */
  readonly params?: z.ZodObject;
  /** Parameters of the query string. */
  readonly query: z.ZodObject;
}

interface GetRequest extends RequestPlace {
  readonly method: 'GET';
  readonly body?: undefined;
}

interface PostRequest extends RequestPlace {
  readonly method: 'POST';
  /** The JSON body. */
  readonly body: z.ZodType;
}

export type RequestContract = GetRequest | PostRequest;

/** A route of query: what it takes, and what it answers. */
export type OwnRoute = RequestContract & {
  /** What it answers, in a line without a full stop. */
  readonly summary: string;
  readonly response: z.ZodType;
};
