// The frame of every page: rail, bar, and the page that the path names. Charts, editor and map come when they are opened.
import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import s from './app.module.css';
import { Bar } from './bar.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Rail } from './rail.tsx';
import { SearchPage } from '../search/search-page.tsx';
import { Empty, Loading } from '../widgets/state-message.tsx';
import { TracePage } from '../trace/trace-page.tsx';

const ServicesPage = lazy(() => import('../services/services-page.tsx').then((m) => ({ default: m.ServicesPage })));
const ServicePage = lazy(() => import('../services/service-page.tsx').then((m) => ({ default: m.ServicePage })));
const MapPage = lazy(() => import('../map/map-page.tsx').then((m) => ({ default: m.MapPage })));
const MetricsPage = lazy(() => import('../metrics/metrics-page.tsx').then((m) => ({ default: m.MetricsPage })));
const LogsPage = lazy(() => import('../logs/logs-page.tsx').then((m) => ({ default: m.LogsPage })));
const CriticalPathPage = lazy(() =>
  import('../critical-path/critical-path-page.tsx').then((m) => ({ default: m.CriticalPathPage })),
);
const InstrumentationPage = lazy(() =>
  import('../instrumentation/instrumentation-page.tsx').then((m) => ({ default: m.InstrumentationPage })),
);
const SamplingPage = lazy(() => import('../sampling/sampling-page.tsx').then((m) => ({ default: m.SamplingPage })));

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
              <Route path="/search" component={SearchPage} />
              <Route path="/trace/:id">
                {(params) => <TracePage key={params.id} traceId={params.id.toLowerCase()} />}
              </Route>
              <Route path="/services" component={ServicesPage} />
              <Route path="/services/:name">
                {(params) => <ServicePage service={decodeURIComponent(params.name)} />}
              </Route>
              <Route path="/map" component={MapPage} />
              <Route path="/metrics" component={MetricsPage} />
              <Route path="/logs" component={LogsPage} />
              <Route path="/critical-path" component={CriticalPathPage} />
              <Route path="/instrumentation" component={InstrumentationPage} />
              <Route path="/sampling" component={SamplingPage} />
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
