// Stub.
import type { ReactNode } from 'react';
export function MetricsPage(_: { readonly traceId?: string; readonly service?: string }): ReactNode {
  return null;
}
