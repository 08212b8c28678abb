// Stub.
import type { ReactNode } from 'react';
export function TracePage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
