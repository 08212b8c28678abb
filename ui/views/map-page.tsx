// Stub.
import type { ReactNode } from 'react';
export function MapPage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
