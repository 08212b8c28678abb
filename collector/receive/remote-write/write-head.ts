// Reads the head of a remote write request: its version, and whether it is acceptable at all.
import type { IncomingHttpHeaders } from 'node:http';

/** Where a Prometheus expects it, and below the prefix that Mimir and others use. */
export const REMOTE_WRITE_PATHS: ReadonlySet<string> = new Set(['/api/v1/write', '/prometheus/api/v1/write']);

const V1 = 'prometheus.WriteRequest';
const V2 = 'io.prometheus.write.v2.Request';

export type WriteHead =
  | { readonly version: 1 | 2 }
  | {
      readonly status: 415;
      readonly message: string;
      readonly reason: 'unsupported_media_type' | 'unsupported_encoding';
    };

/** 1.0 is what does not say otherwise. @see https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/#required-headers */
export function readWriteHead(headers: IncomingHttpHeaders): WriteHead {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim());
  if (type.toLowerCase() !== 'application/x-protobuf')
    return media(`content-type ${JSON.stringify(type)} is not understood: remote write is application/x-protobuf`);
  const proto =
    parameters.find((parameter) => parameter.toLowerCase().startsWith('proto='))?.slice('proto='.length) ?? V1;
  if (proto !== V1 && proto !== V2)
    return media(
      `the message ${JSON.stringify(proto.slice(0, 200))} is not understood; understood are ${V1} and ${V2}`,
    );
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encoding !== 'snappy')
    return {
      status: 415,
      message: `content-encoding ${JSON.stringify(encoding.slice(0, 200))} is not understood: remote write is compressed with snappy`,
      reason: 'unsupported_encoding',
    };
  return { version: proto === V1 ? 1 : 2 };
}

function media(message: string): WriteHead {
  return { status: 415, message, reason: 'unsupported_media_type' };
}
