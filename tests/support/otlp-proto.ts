// The published OTLP messages as protobufjs reads them: the oracle of our own readers.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import protobuf from 'protobufjs';

const protoRoot = fileURLToPath(new URL('../../proto', import.meta.url));

let loaded: protobuf.Root | undefined;

/** A message type by its full name, such as `opentelemetry.proto.trace.v1.Span`. */
export function otlpType(name: string): protobuf.Type {
  if (loaded === undefined) {
    loaded = new protobuf.Root();
    loaded.resolvePath = (_origin, target) => join(protoRoot, target);
    loaded.loadSync(
      ['trace', 'metrics', 'logs'].map(
        (signal) => `opentelemetry/proto/collector/${signal}/v1/${signal}_service.proto`,
      ),
    );
  }
  return loaded.lookupType(name);
}
