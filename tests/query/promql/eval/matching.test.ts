// Pairing two vectors: one to one, many to one, set operators, and the errors of ambiguous matches.
import { describe, expect, it } from 'vitest';
import { instant, range, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'errors{code="500",method="get"} 2 4',
  'errors{code="404",method="get"} 3 6',
  'errors{code="500",method="post"} 1 2',
  'requests{method="get"} 10 20',
  'requests{method="post"} 5 0',
  'requests{method="put"} 7 7',
  'late{method="get"} _ 1',
  'twice{a="1",method="get"} 1 1',
  'twice{a="2",method="get"} 1 1',
]);

describe('arithmetic between vectors', () => {
  it('pairs by the labels of on, or by all but those of ignoring', async () => {
    expect(await instant(store, 'errors{code="500"} / on(method) requests', 0)).toEqual([
      '{method="get"} 0.2',
      '{method="post"} 0.2',
    ]);
    expect(await instant(store, 'errors{code="500"} / ignoring(code) requests', 60)).toEqual([
      '{method="get"} 0.2',
      '{method="post"} +Inf',
    ]);
  });

  it('copies labels from the one side with group_left', async () => {
    expect(await instant(store, 'errors / ignoring(code) group_left requests', 0)).toEqual([
      '{code="404", method="get"} 0.3',
      '{code="500", method="get"} 0.2',
      '{code="500", method="post"} 0.2',
    ]);
  });

  it('filters with a comparison and keeps the left value, gives 0 or 1 with bool', async () => {
    expect(await instant(store, 'requests > 6', 0)).toEqual([
      '{__name__="requests", method="get"} 10',
      '{__name__="requests", method="put"} 7',
    ]);
    expect(await instant(store, 'requests > bool 6', 0)).toEqual([
      '{method="get"} 1',
      '{method="post"} 0',
      '{method="put"} 1',
    ]);
    expect(await instant(store, '6 < requests', 0)).toHaveLength(2);
  });

  it('works step by step: partners may come and go', async () => {
    expect(await range(store, 'requests - on(method) late', 0, 60, 60)).toEqual(['{method="get"} 60:19']);
  });

  it('refuses ambiguous matches with the series that collide', async () => {
    await expect(instant(store, 'requests / on(method) twice', 0)).rejects.toThrow(
      'found duplicate series for the match group {method="get"} on the right hand-side of the operation: ' +
        '[{__name__="twice", a="1", method="get"}, {__name__="twice", a="2", method="get"}];many-to-many matching not allowed: matching labels must be unique on one side',
    );
    await expect(instant(store, 'twice / on(method) requests', 0)).rejects.toThrow(
      'many-to-one matching must be explicit (group_left/group_right)',
    );
  });
});

describe('set operators', () => {
  it('keep values and names', async () => {
    expect(await instant(store, 'requests and on(method) errors', 0)).toEqual([
      '{__name__="requests", method="get"} 10',
      '{__name__="requests", method="post"} 5',
    ]);
    expect(await instant(store, 'requests unless on(method) errors', 0)).toEqual([
      '{__name__="requests", method="put"} 7',
    ]);
    expect(await instant(store, 'late or on(method) requests{method!="post"}', 0)).toHaveLength(2);
    expect(await range(store, 'late or on(method) requests{method="get"}', 0, 60, 60)).toEqual([
      '{__name__="late", method="get"} 60:1',
      '{__name__="requests", method="get"} 0:10',
    ]);
  });
});
