// The table of kept traces as all questions see it: a trace with late spans has the head that was made from all of its spans.

/** Where the head was made from all spans, that, else what the row was stored with. */
const headed = (column: string): string => `if(notEmpty(rebuilt), rebuilt[1].${column}, ${column}) AS ${column}`;
/** The same of a list, whose first entry only says how many spans there were. @param members of an entry `t`; nothing is cast where nothing was rebuilt */
const listed = (column: string, list: string, members: string, type: string): string =>
  `if(notEmpty(${list}), CAST(arrayMap(t -> tuple(${members}), arrayPopFront(${list})), '${type}'), ${column}) AS ${column}`;

const OPERATION =
  'Array(Tuple(service String, name String, spans UInt64, path_ns Int64, self_ns Int64, drag_ns Int64, slack_ns Int64))';
const REPEAT =
  'Array(Tuple(first_span_id String, service String, name String, spans UInt64, total_ns Int64, span_ns Int64))';
const WARNING = 'Array(Tuple(kind String, span_id String))';
const PATH = 'Map(String, UInt64)';

/**
 * To stand behind FROM: a row per trace with the columns of `traces`, and `first_start`, when its first span began. `start` is the place of the
 * trace: what was known of that at the decision. Ranges and orders go by it.
 */
export const KEPT_TRACES = `(SELECT * REPLACE (
    ${headed('duration_ns')}, ${headed('root_service')}, ${headed('root_name')}, ${headed('root_kind')},
    ${headed('missing_parents')}, ${headed('root_present')}, ${headed('depth')},
    ${listed('critical_path_ns', 'rebuilt_path', 't.service, t.ns', PATH)},
    ${listed('operations', 'rebuilt_operations', 't.service, t.name, t.spans, t.path_ns, t.self_ns, t.drag_ns, t.slack_ns', OPERATION)},
    ${listed('repeats', 'rebuilt_repeats', 't.first_span_id, t.service, t.name, t.spans, t.total_ns, t.span_ns', REPEAT)},
    ${listed('warnings', 'rebuilt_warnings', 't.kind, t.span_id', WARNING)}
  ), if(notEmpty(rebuilt), rebuilt[1].start, start) AS first_start FROM traces FINAL)`;
