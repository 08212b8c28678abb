// The shop's services: what runs on which of two hosts, and the resource that each one reports.

import type { Attributes } from './byte-builder.ts';

/** A host; `skewNs` is how far its clock is ahead of true time. */
export interface ShopHost {
  name: string;
  id: string;
  skewNs: number;
}

/** node-b's clock runs 14 ms ahead: enough that children seem to start after their parents have ended. */
export const shopHosts: readonly [ShopHost, ShopHost] = [
  { name: 'node-a', id: 'f3b1c2d4-0000-4000-8000-00000000000a', skewNs: 0 },
  { name: 'node-b', id: 'f3b1c2d4-0000-4000-8000-00000000000b', skewNs: 14_000_000 },
];

/** One service: index of its host, its language, its scope. */
export interface ShopService {
  name: string;
  host: 0 | 1;
  language: string;
  version: string;
  scope: string;
}

/** Every service, in the order in which a request lists them. */
export const shopServices: readonly ShopService[] = [
  { name: 'edge-proxy', host: 0, language: 'cpp', version: '1.32.1', scope: 'envoy' },
  { name: 'frontend', host: 0, language: 'nodejs', version: '4.18.0', scope: '@opentelemetry/instrumentation-http' },
  { name: 'cart', host: 0, language: 'dotnet', version: '2.3.1', scope: 'Grpc.AspNetCore.Server' },
  { name: 'checkout', host: 0, language: 'go', version: '1.9.4', scope: 'otelgrpc' },
  { name: 'currency', host: 0, language: 'rust', version: '0.8.0', scope: 'tonic' },
  { name: 'ads', host: 0, language: 'java', version: '3.1.0', scope: 'io.opentelemetry.grpc-1.6' },
  { name: 'accounts', host: 0, language: 'ruby', version: '7.1.3', scope: 'OpenTelemetry::Instrumentation::Rails' },
  { name: 'catalog', host: 1, language: 'go', version: '1.22.0', scope: 'otelgrpc' },
  { name: 'search', host: 1, language: 'java', version: '8.4.2', scope: 'io.opentelemetry.spring-webmvc-6.0' },
  {
    name: 'recommendation',
    host: 1,
    language: 'python',
    version: '5.0.2',
    scope: 'opentelemetry.instrumentation.grpc',
  },
  { name: 'payment', host: 1, language: 'nodejs', version: '2.7.7', scope: '@opentelemetry/instrumentation-grpc' },
  { name: 'shipping', host: 1, language: 'php', version: '1.0.9', scope: 'io.opentelemetry.contrib.php.slim' },
  { name: 'inventory', host: 1, language: 'python', version: '1.4.0', scope: 'opentelemetry.instrumentation.psycopg' },
  { name: 'email', host: 1, language: 'python', version: '2.2.0', scope: 'opentelemetry.instrumentation.kafka' },
  { name: 'fulfilment', host: 1, language: 'java', version: '6.6.1', scope: 'io.opentelemetry.kafka-clients-2.6' },
  { name: 'accounting', host: 0, language: 'go', version: '1.1.0', scope: 'otelsarama' },
];

/** Index of a service by name. @throws Error for a name the shop does not have */
export function serviceIndex(name: string): number {
  const index = shopServices.findIndex((service) => service.name === name);
  if (index < 0) throw new Error(`the shop has no service "${name}"`);
  return index;
}

/** The resource attributes of a service. @param hostless without those that name its host */
export function resourceAttributes(service: ShopService, hostless = false): Attributes {
  const host = shopHosts[service.host];
  return {
    'service.name': service.name,
    'service.namespace': 'shop',
    'service.version': service.version,
    'service.instance.id': `${service.name}-0`,
    'deployment.environment.name': 'demo',
    ...(hostless ? {} : { 'host.name': host.name, 'host.id': host.id }),
    'k8s.pod.name': `${service.name}-6c9f8-x2x4z`,
    'telemetry.sdk.language': service.language,
    'telemetry.sdk.name': 'opentelemetry',
  };
}
