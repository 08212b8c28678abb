// The pages: where each is, what the rail shows of it, and what draws it. A new page is a row here and a folder beside this one.
// Charts, editor and map come when they are opened.
import {
  ChartLine,
  Filter,
  HeartPulse,
  ListTree,
  Route,
  Search,
  TextAlignStart,
  Waypoints,
  Wrench,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { lazy } from 'react';
import type { ComponentType } from 'react';
import { SearchPage } from '../search/search-page.tsx';

export interface Page {
  readonly path: string;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly component: ComponentType;
  /** Paths below it belong to it, and so do these. */
  readonly also?: string;
}

export const PAGES: readonly Page[] = [
  { path: '/search', label: 'Traces', icon: Search, component: SearchPage, also: '/trace/' },
  {
    path: '/services',
    label: 'Services',
    icon: ListTree,
    component: lazy(() => import('../services/services-page.tsx').then((m) => ({ default: m.ServicesPage }))),
  },
  {
    path: '/map',
    label: 'Service map',
    icon: Waypoints,
    component: lazy(() => import('../map/map-page.tsx').then((m) => ({ default: m.MapPage }))),
  },
  {
    path: '/critical-path',
    label: 'Critical path',
    icon: Route,
    component: lazy(() =>
      import('../critical-path/critical-path-page.tsx').then((m) => ({ default: m.CriticalPathPage })),
    ),
  },
  {
    path: '/metrics',
    label: 'Metrics',
    icon: ChartLine,
    component: lazy(() => import('../metrics/metrics-page.tsx').then((m) => ({ default: m.MetricsPage }))),
  },
  {
    path: '/logs',
    label: 'Logs',
    icon: TextAlignStart,
    component: lazy(() => import('../logs/logs-page.tsx').then((m) => ({ default: m.LogsPage }))),
  },
  {
    path: '/sampling',
    label: 'Sampling',
    icon: Filter,
    component: lazy(() => import('../sampling/sampling-page.tsx').then((m) => ({ default: m.SamplingPage }))),
  },
  {
    path: '/instrumentation',
    label: 'Instrumentation',
    icon: Wrench,
    component: lazy(() =>
      import('../instrumentation/instrumentation-page.tsx').then((m) => ({ default: m.InstrumentationPage })),
    ),
  },
  {
    path: '/health',
    label: 'Health',
    icon: HeartPulse,
    component: lazy(() => import('../health/health-page.tsx').then((m) => ({ default: m.HealthPage }))),
  },
];
