// Stub.
import type { ReactNode } from 'react';
export function LogsPage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
