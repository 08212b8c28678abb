// What each kind of warning says of a span, and what was done about it. Alone, so that the browser needs no validator for it.
import type { WarningKind } from './reconstruction-report.ts';

/** What each kind says of a span, and what was done about it. */
export const WARNING_MEANING: Readonly<Record<WarningKind, string>> = {
  missing_parent: 'Its parent is not in the trace: it hangs on a stand-in, one per absent id.',
  duplicate_span: 'Sent again (a client’s retry): the copy was left out.',
  conflicting_span: 'Shares its id with a different span: both are kept, children hang on the earlier one.',
  shared_span_id: 'Server span with its client’s id (as Zipkin sends them): given an id of its own below the client.',
  self_parent: 'Names itself as parent: made a root.',
  cycle: 'Parents go round in a circle: broken here, at the earliest start.',
  several_roots: 'A further span without parent: the trace has more than one beginning.',
  bad_parent_id: 'Its parent id is not eight bytes long: read as none.',
  bad_link_id: 'A link’s ids are of the wrong length or zero: the link leads nowhere.',
  end_before_start: 'Ends before it starts: shown without duration.',
  zero_time: 'Start or end is zero: put where the other time, or its parent, is.',
  clock_infeasible: 'No constant offset fits what its host and its caller’s say of each other: times left as they are.',
  clock_kept_raw: 'Correcting its host’s clock would break an edge that is whole: times left as they are.',
  clock_own_bounds: 'Its host’s clock was corrected from this trace alone, before others were seen.',
};
