// Stub.
import type { ReactNode } from 'react';
export function SamplingPage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
