// Stub.
import type { ReactNode } from 'react';
export function ServicePage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
