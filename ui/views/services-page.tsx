// Stub.
import type { ReactNode } from 'react';
export function ServicesPage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
