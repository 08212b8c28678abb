// A fault in one page shows words instead of an empty window; the rail still works.
import { Component } from 'react';
import type { ReactNode } from 'react';
import { Failed } from '../widgets/state-message.tsx';

interface State {
  readonly error: Error | null;
}

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };
  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
  override render(): ReactNode {
    if (this.state.error)
      return <Failed what="This page" error={this.state.error} retry={() => this.setState({ error: null })} />;
    return this.props.children;
  }
}
