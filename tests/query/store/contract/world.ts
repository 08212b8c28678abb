// What a store under its contract holds: a few of everything, as plain data. Whoever fulfils the contract is filled with it and asked the same.
import type { StoredAttribute } from '#query/store/attributes.ts';

export const START_NS = 1_900_000_020_000_000_000n;
export const NS_PER_MS = 1_000_000n;
/** Ten minutes; what lies outside must not be seen. */
export const RANGE = { startNs: START_NS, endNs: START_NS + 600_000n * NS_PER_MS };
export const idOf = (text: string): string => text.padStart(32, '0');
export const spanIdOf = (text: string): string => text.padStart(16, '0');
export const at = (ms: number): bigint => START_NS + BigInt(ms) * NS_PER_MS;

export interface WorldTrace {
  readonly id: string;
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly rootService: string;
  readonly rootName: string;
  readonly errors: number;
  readonly late: number;
  readonly rule: string;
  readonly weight: number;
  /** Spans of each service. */
  readonly services: Readonly<Record<string, number>>;
  /** Time on the critical path, ns, of the one operation `service name`. */
  readonly operation: { readonly service: string; readonly name: string; readonly pathNs: number };
}

export interface WorldSpan {
  readonly trace: string;
  readonly id: string;
  readonly parent?: string;
  readonly service: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly resource: string;
  readonly attributes: readonly StoredAttribute[];
  /** Bytes of an OTLP message, hex. */
  readonly event?: string;
  readonly link?: string;
}

export interface WorldLog {
  readonly timeNs: bigint;
  readonly service: string;
  readonly severity: number;
  readonly body: string;
  readonly trace: string;
  readonly weight: number;
  readonly resource: string;
  readonly attributes: readonly StoredAttribute[];
}

export interface WorldDecision {
  readonly trace: string;
  readonly decidedNs: bigint;
  readonly decision: 'kept' | 'dropped';
  readonly rule: string;
  readonly trigger: string;
  readonly service: string;
  readonly threshold: bigint;
  readonly randomness: bigint;
  readonly weight: number;
  readonly spans: number;
}

export interface WorldCalls {
  readonly second: number;
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly error: boolean;
  readonly calls: number;
}

const text = (key: string, value: string): StoredAttribute => ({ key, type: 'string', value });
const KEEP_NONE = 1n << 56n;

export const RESOURCES = [
  { id: '18446744073709551615', service: 'shop', attributes: [text('service.name', 'shop'), text('zone', 'a')] },
  { id: '7', service: 'pay', attributes: [text('service.name', 'pay')] },
] as const;

export const TRACES: readonly WorldTrace[] = [
  {
    id: 'a1',
    startNs: at(0),
    durationMs: 10,
    rootService: 'shop',
    rootName: 'buy',
    errors: 1,
    late: 1,
    rule: 'errors',
    weight: 1,
    services: { shop: 2, pay: 1 },
    operation: { service: 'pay', name: 'charge', pathNs: 9e6 },
  },
  {
    id: 'a2',
    startNs: at(1000),
    durationMs: 30,
    rootService: 'shop',
    rootName: 'browse',
    errors: 0,
    late: 0,
    rule: 'rest',
    weight: 4,
    services: { shop: 1 },
    operation: { service: 'shop', name: 'browse', pathNs: 30e6 },
  },
  {
    id: 'a3',
    startNs: at(1000),
    durationMs: 20,
    rootService: 'home',
    rootName: 'browse',
    errors: 0,
    late: 0,
    rule: 'rest',
    weight: 4,
    services: { home: 1 },
    operation: { service: 'home', name: 'browse', pathNs: 20e6 },
  },
  // At the end of the range, which is exclusive.
  {
    id: 'a4',
    startNs: RANGE.endNs,
    durationMs: 5,
    rootService: 'shop',
    rootName: 'buy',
    errors: 0,
    late: 0,
    rule: 'rest',
    weight: 1,
    services: { shop: 1 },
    operation: { service: 'shop', name: 'buy', pathNs: 5e6 },
  },
];

export const SPANS: readonly WorldSpan[] = [
  {
    trace: 'a1',
    id: '1',
    service: 'shop',
    name: 'buy',
    startNs: at(0),
    durationNs: 10_000_000,
    resource: '18446744073709551615',
    attributes: [text('user', 'ann')],
  },
  {
    trace: 'a1',
    id: '2',
    parent: '1',
    service: 'pay',
    name: 'charge',
    startNs: at(1),
    durationNs: 9_000_000,
    resource: '7',
    attributes: [{ key: 'n', type: 'int', value: '5' }, text('user', 'bob')],
    event: '1201ff',
    link: '0a02aabb',
  },
  {
    trace: 'a2',
    id: '3',
    service: 'shop',
    name: 'browse',
    startNs: at(1000),
    durationNs: 30_000_000,
    resource: '18446744073709551615',
    attributes: [],
  },
  {
    trace: 'a3',
    id: '4',
    service: 'home',
    name: 'browse',
    startNs: at(1000),
    durationNs: 20_000_000,
    resource: '404',
    attributes: [text('user', 'ann')],
  },
];

/** `source` points at span 1 of a1. */
export const LINKS = [
  { target: 'a1', targetSpan: '1', source: 'b1', sourceSpan: 'b', service: 'audit', name: 'batch', startNs: at(50) },
  { target: 'a1', targetSpan: '1', source: 'b2', sourceSpan: 'c', service: 'mail', name: 'send', startNs: at(40) },
] as const;

export const LOGS: readonly WorldLog[] = [
  {
    timeNs: at(10),
    service: 'shop',
    severity: 9,
    body: 'Order placed',
    trace: 'a1',
    weight: 1,
    resource: '18446744073709551615',
    attributes: [text('order', '1')],
  },
  {
    timeNs: at(20),
    service: 'pay',
    severity: 17,
    body: 'order REFUSED by bank',
    trace: 'a1',
    weight: 1,
    resource: '7',
    attributes: [],
  },
  { timeNs: at(20), service: 'pay', severity: 9, body: 'retry', trace: '', weight: 2.5, resource: '7', attributes: [] },
  {
    timeNs: RANGE.endNs,
    service: 'shop',
    severity: 9,
    body: 'too late',
    trace: '',
    weight: 1,
    resource: '7',
    attributes: [],
  },
];

const T = 1n << 54n;
export const DECISIONS: readonly WorldDecision[] = [
  {
    trace: 'a1',
    decidedNs: at(100),
    decision: 'kept',
    rule: 'errors',
    trigger: 'complete',
    service: 'shop',
    threshold: 0n,
    randomness: T,
    weight: 1,
    spans: 2,
  },
  {
    trace: 'a1',
    decidedNs: at(900),
    decision: 'kept',
    rule: 'errors',
    trigger: 'late',
    service: 'shop',
    threshold: 0n,
    randomness: 1n,
    weight: 1,
    spans: 1,
  },
  {
    trace: 'a2',
    decidedNs: at(1100),
    decision: 'kept',
    rule: 'rest',
    trigger: 'complete',
    service: 'shop',
    threshold: T,
    randomness: T,
    weight: 4,
    spans: 1,
  },
  // Its randomness begins with zeros.
  {
    trace: 'd1',
    decidedNs: at(1200),
    decision: 'dropped',
    rule: 'rest',
    trigger: 'complete',
    service: 'home',
    threshold: T,
    randomness: 0xabn,
    weight: 0,
    spans: 3,
  },
  {
    trace: 'd2',
    decidedNs: at(61_000),
    decision: 'dropped',
    rule: 'health',
    trigger: 'timeout',
    service: 'home',
    threshold: KEEP_NONE,
    randomness: 5n,
    weight: 0,
    spans: 1,
  },
  // At the end of the range, which is exclusive.
  {
    trace: 'd3',
    decidedNs: RANGE.endNs,
    decision: 'dropped',
    rule: 'rest',
    trigger: 'complete',
    service: 'home',
    threshold: T,
    randomness: 5n,
    weight: 0,
    spans: 1,
  },
];

export const CALLS: readonly WorldCalls[] = [
  { second: 0, service: 'shop', name: 'buy', kind: 2, error: false, calls: 10 },
  { second: 30, service: 'shop', name: 'buy', kind: 2, error: true, calls: 2 },
  { second: 30, service: 'shop', name: 'call pay', kind: 3, error: false, calls: 12 },
  { second: 45, service: 'job', name: 'run', kind: 1, error: false, calls: 3 },
  { second: 600, service: 'shop', name: 'buy', kind: 2, error: false, calls: 99 },
];

/** By the minute; each call took 2 ms. */
export const EDGES = [
  { minute: 0, caller: 'shop', callee: 'pay', kind: 'rpc', calls: 12, errors: 1, lags: 0 },
  { minute: 5, caller: 'shop', callee: 'orders', kind: 'queue', calls: 20, errors: 0, lags: 4 },
  { minute: 10, caller: 'shop', callee: 'pay', kind: 'rpc', calls: 99, errors: 0, lags: 0 },
] as const;

/** `example` was kept where `kept` says so. */
export const REPORTS = [
  { minute: 0, cause: 'lost', caller: 'shop', callee: 'pay', problems: 2, outOf: 10, example: 'a9', kept: '' },
  { minute: 1, cause: 'lost', caller: 'shop', callee: 'pay', problems: 1, outOf: 20, example: 'a1', kept: 'a1' },
  { minute: 1, cause: 'no_host', caller: '', callee: 'pay', problems: 0, outOf: 5, example: '', kept: '' },
] as const;
export const REPAIRS = [
  { minute: 0, service: 'shop', kind: 'cycle', traces: 1, spans: 2, example: 'a9', kept: '' },
  { minute: 1, service: 'shop', kind: 'cycle', traces: 1, spans: 1, example: '', kept: '' },
  { minute: 1, service: 'pay', kind: 'self_parent', traces: 5, spans: 9, example: 'a1', kept: 'a1' },
] as const;

/** Samples one a minute from the range's start. */
export const SERIES = [
  { id: '18446744073709551615', name: 'calls_total', labels: { service_name: 'shop' }, values: [1, 2, 4] },
  { id: '2', name: 'calls_total', labels: { service_name: 'pay', route: '/a' }, values: [5, 5, 5] },
  { id: '3', name: 'up', labels: {}, values: [1] },
] as const;
