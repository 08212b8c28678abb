// Stub.
import type { ReactNode } from 'react';
export function SearchPage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
