// Start of the browser's part: fonts, tokens, query client, pages.
import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/jetbrains-mono/index.css';
import './tokens.css';
import './base.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { retryable } from './load/queries.ts';
import { basePath } from './load/base-path.ts';
import { reportLanguageTag } from './state/language.ts';
import { NowProvider } from './state/now.tsx';
import { applyTheme } from './state/theme.ts';
import { App } from './views/app/app.tsx';

applyTheme();
reportLanguageTag(navigator);
const client = new QueryClient({
  defaultOptions: { queries: { retry: retryable, staleTime: 10_000, refetchOnWindowFocus: false } },
});
const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={client}>
      <NowProvider>
        <Router base={basePath()}>
          <App />
        </Router>
      </NowProvider>
    </QueryClientProvider>,
  );
}
