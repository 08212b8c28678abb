// The frame of every page: rail, bar, and the page that the path names (pages.ts).
import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import s from './app.module.css';
import { Bar } from './bar.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { PAGES } from './pages.ts';
import { Rail } from './rail.tsx';
import { useScrollPlace } from '#ui/state/scroll-place.ts';
import { Empty, Loading } from '../widgets/state-message.tsx';
import { TracePage } from '../trace/trace-page.tsx';

const ServicePage = lazy(() => import('../services/service-page.tsx').then((m) => ({ default: m.ServicePage })));

/** The last part of the address. The router decodes a part of it before it is read, so that a name with `%` or `/` would be another. */
function nameInPath(): string {
  return decodeURIComponent(window.location.pathname.split('/').at(-1) ?? '');
}

/** Of a trace id, in the title of its page. */
const TITLE_DIGITS = 8;

function Titled({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <>
      <title>{`${title} · Winnow`}</title>
      {children}
    </>
  );
}

/** Past rail and bar to the page. A plain link would change the address. */
function SkipLink(): ReactNode {
  return (
    <button type="button" className={`button ${s.skip}`} onClick={() => document.querySelector('main')?.focus()}>
      Skip to the page
    </button>
  );
}

export function App(): ReactNode {
  useScrollPlace();
  return (
    <div className={s.app}>
      <SkipLink />
      <Rail />
      <Bar />
      <main className={s.main} tabIndex={-1}>
        <ErrorBoundary>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/">
                <Redirect to={`/search${window.location.search}`} replace />
              </Route>
              {PAGES.map(({ path, label, component: Page }) => (
                <Route key={path} path={path}>
                  <Titled title={label}>
                    <Page />
                  </Titled>
                </Route>
              ))}
              <Route path="/trace/:id">
                {(params) => (
                  <Titled key={params.id} title={`Trace ${params.id.slice(0, TITLE_DIGITS)}`}>
                    <TracePage traceId={params.id.toLowerCase()} />
                  </Titled>
                )}
              </Route>
              <Route path="/services/:name">
                {() => (
                  <Titled title={nameInPath()}>
                    <ServicePage service={nameInPath()} />
                  </Titled>
                )}
              </Route>
              <Route>
                <Titled title="No such page">
                  <Empty page title="No such page">
                    <p>The address names none of Winnow’s pages. The rail on the left has them all.</p>
                  </Empty>
                </Titled>
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
    </div>
  );
}
