// Stub.
import type { ReactNode } from 'react';
export function Bar(): ReactNode {
  return <header />;
}
