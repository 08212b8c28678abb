// What paths reach, from a span or from one of its events, and what leads nowhere.
import { describe, expect, test } from 'vitest';
import { asked, mapOf, NOW_NS, refusalOf } from '#tests/support/ottl-subject.ts';

const EVENT = { name: 'boom', time: NOW_NS, attributes: mapOf({ k: 'of event' }), droppedAttributes: 3n };

describe('of a span', () => {
  test.each([
    'name == "work"',
    'span.name == "work"',
    'kind == 1',
    'kind == SPAN_KIND_INTERNAL',
    'kind.string == "Internal"',
    'kind.deprecated_string == "SPAN_KIND_INTERNAL"',
    'status.code == STATUS_CODE_UNSET',
    'status.message == ""',
    'flags == 0',
    'trace_id.string == "0af7651916cd43dd8448eb211c80319c"',
    'trace_id == TraceID(0x0af7651916cd43dd8448eb211c80319c)',
    'span_id.string == "00f067aa0ba902b7"',
    'parent_span_id.string == "0000000000000000"',
    'start_time_unix_nano == 1699999995000000000',
    'end_time_unix_nano - start_time_unix_nano == 1000000000',
    'end_time - start_time == Duration("1s")',
    'Now() - end_time == Duration("4s")',
    'Len(events) == 0',
    'Len(links) == 0',
    'dropped_attributes_count == 0',
    'dropped_events_count == 0',
    'dropped_links_count == 0',
    'attributes["absent"] == nil',
    'resource.attributes["absent"] == nil',
    'resource.dropped_attributes_count == 0',
    'resource.schema_url == ""',
    'scope.name == ""',
    'instrumentation_scope.name == ""',
    'scope.version == ""',
    'scope.attributes["absent"] == nil',
    'scope.dropped_attributes_count == 0',
    'scope.schema_url == ""',
    'Len(cache) == 0',
    'trace_state == ""',
    'IsRootSpan()',
  ])('%s', (condition) => {
    expect(asked(condition)).toBe(true);
  });

  test('attributes of span, resource and scope are each for themselves', () => {
    const more = {
      resource: mapOf({ k: 'of resource' }),
      scope: { name: 'lib', version: '1', attributes: mapOf({ k: 'of scope' }) },
    };
    expect(asked('attributes["k"] == "of span"', { k: 'of span' }, more)).toBe(true);
    expect(asked('span.attributes["k"] == "of span"', { k: 'of span' }, more)).toBe(true);
    expect(asked('resource.attributes["k"] == "of resource"', { k: 'of span' }, more)).toBe(true);
    expect(asked('scope.attributes["k"] == "of scope"', { k: 'of span' }, more)).toBe(true);
    expect(asked('scope.name == "lib" and instrumentation_scope.version == "1"', {}, more)).toBe(true);
    expect(asked('attributes["k"] == nil', {}, more)).toBe(true);
  });

  test('a kind that nobody knows has no name', () => {
    expect(asked('kind == 77 and kind.string == "" and kind.deprecated_string == ""', {}, { kind: 77n })).toBe(true);
  });

  test('times are signed', () => {
    expect(asked('start_time_unix_nano < 0', {}, { start: 2n ** 64n - 1n })).toBe(true);
  });

  test('a span with a parent is no root', () => {
    const parentId = Buffer.from('0000000000000001', 'hex');
    expect(asked('IsRootSpan()', {}, { parentId })).toBe(false);
    expect(asked('parent_span_id == SpanID(0x0000000000000001)', {}, { parentId })).toBe(true);
  });

  test('members of the tracestate are there by name, "" where they are missing, nil where it is malformed', () => {
    const traceState = 'a=1,b=2';
    expect(asked('trace_state["a"] == "1" and trace_state["c"] == ""', {}, { traceState })).toBe(true);
    expect(asked('trace_state == "a=1,b=2"', {}, { traceState })).toBe(true);
    expect(asked('trace_state["a"] == nil', {}, { traceState: 'a=1,B=2' })).toBe(true);
    expect(asked('trace_state["a"] == ""', {}, { traceState: '' })).toBe(true);
    expect(asked('trace_state[0] == ""', {}, { traceState })).toBe('trace_state takes a text as its key');
  });

  test('values inside of values are reached by keys', () => {
    const attributes = { map: { list: ['a', { k: 5n }] } };
    expect(asked('attributes["map"]["list"][1]["k"] == 5', attributes)).toBe(true);
    expect(asked('attributes["map"]["other"]["k"] == nil', attributes)).toBe(true);
    expect(asked('attributes["map"]["list"][0]["k"] == nil', attributes)).toBe('indexes what has nothing inside');
    expect(asked('attributes["map"]["list"][2] == nil', attributes)).toBe('has no item 2');
    expect(asked('attributes["map"]["list"][-1] == nil', attributes)).toBe('has no item -1');
    expect(asked('attributes["map"][0] == nil', attributes)).toBe('a map takes a text as its key');
    expect(asked('attributes["map"]["list"]["a"] == nil', attributes)).toBe('a list takes an int as its key');
  });
});

describe('of an event', () => {
  test.each([
    'name == "boom"',
    'spanevent.name == "boom"',
    'span.name == "work"',
    'attributes["k"] == "of event"',
    'span.attributes["k"] == "of span"',
    'time_unix_nano == 1700000000000000000',
    'time == Now()',
    'dropped_attributes_count == 3',
    'resource.attributes["k"] == nil',
    'scope.name == ""',
    'Len(cache) == 0',
    'span.status.code == 0',
  ])('%s', (condition) => {
    expect(asked(condition, { k: 'of span' }, { event: EVENT })).toBe(true);
  });

  test('its place among others is not known', () => {
    expect(asked('event_index == 0', {}, { event: EVENT })).toContain('does not give the index');
  });
});

describe('what leads nowhere', () => {
  test.each([
    ['nme == "a"', 'span', 'has an unknown path nme: did you mean `name`?'],
    ['attributes.k == "a"', 'span', 'has an unknown path attributes.k'],
    ['resource.name == "a"', 'span', 'has an unknown path resource.name'],
    ['scope.kind == 1', 'span', 'has an unknown path scope.kind'],
    ['status.colour == 1', 'span', 'has an unknown path status.colour'],
    ['spanevent.name == "a"', 'span', 'has an unknown path spanevent.name'],
    ['kind == 1', 'spanevent', 'has an unknown path kind'],
    ['span.cache["k"] == nil', 'spanevent', 'has an unknown path span.cache'],
    ['name["k"] == "a"', 'span', 'has keys in name, which has nothing inside'],
    ['status["code"] == 1', 'span', 'has keys in status, which has nothing inside'],
    ['resource["k"].attributes["k"] == 1', 'span', 'has keys in resource.attributes, which has nothing inside'],
    ['trace_state["a"]["b"] == ""', 'span', 'has several keys behind trace_state'],
  ] as const)('%s of a %s: %s', (condition, context, message) => {
    expect(refusalOf(condition, context)).toContain(message);
  });
});
