// The frame of every page: rail, bar, and the page that the path names (pages.ts).
import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import s from './app.module.css';
import { Bar } from './bar.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { PAGES } from './pages.ts';
import { Rail } from './rail.tsx';
import { Empty, Loading } from '../widgets/state-message.tsx';
import { TracePage } from '../trace/trace-page.tsx';

const ServicePage = lazy(() => import('../services/service-page.tsx').then((m) => ({ default: m.ServicePage })));

/** The last part of the address. The router decodes a part of it before it is read, so that a name with `%` or `/` would be another. */
function nameInPath(): string {
  return decodeURIComponent(window.location.pathname.split('/').at(-1) ?? '');
}

export function App(): ReactNode {
  return (
    <div className={s.app}>
      <Rail />
      <Bar />
      <main className={s.main}>
        <ErrorBoundary>
          <Suspense fallback={<Loading />}>
            <Switch>
              <Route path="/">
                <Redirect to={`/search${window.location.search}`} replace />
              </Route>
              {PAGES.map(({ path, component }) => (
                <Route key={path} path={path} component={component} />
              ))}
              <Route path="/trace/:id">
                {(params) => <TracePage key={params.id} traceId={params.id.toLowerCase()} />}
              </Route>
              <Route path="/services/:name">{() => <ServicePage service={nameInPath()} />}</Route>
              <Route>
                <Empty title="No such page">
                  <p>The address names none of Winnow’s pages. The rail on the left has them all.</p>
                </Empty>
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
    </div>
  );
}
