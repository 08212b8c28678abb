// The sampling configuration in force as YAML, for GET /config and the Sampling page: nothing else of the configuration, so no secret.
import { Document, isMap, isScalar, isSeq, visit } from 'yaml';
import type { Config } from '#proto/config/schema.ts';
import { SETTINGS, valueOf } from '#proto/config/settings.ts';
import { inForce } from '#collector/decide/rules/compile-rules.ts';

/** Maps that are short enough for one line. */
const ON_ONE_LINE: ReadonlySet<string> = new Set(['wait', 'budget', 'floor', 'overload', 'logs']);
/** Groups of rules and policies: written as they are in force, below. */
const GROUPS_OF_OWN: ReadonlySet<string> = new Set([
  'rules',
  'budget',
  'floor',
  'linked',
  'wait',
  'tail_sampling',
  'feature_gates',
  'processor',
]);

/** What a reload can change, completed: the zero configuration is written out. `winnow simulate` accepts it, and so does a configuration file. */
export function samplingYaml(config: Config): string {
  const { wait, linked, tail_sampling: block, feature_gates: gates } = config.sampling;
  const others = otherReloadable(config);
  if (block !== undefined) {
    const written = { tail_sampling: block, ...(gates.length > 0 && { feature_gates: gates }), ...others };
    return textOf(new Document({ sampling: written }));
  }
  const { rules, budget, floor } = inForce(config.sampling);
  const document = new Document({
    sampling: {
      wait: { quiet: msText(wait.quiet), after_root: msText(wait.after_root), max: msText(wait.max) },
      ...(budget !== undefined && { budget }),
      ...(floor !== undefined && { floor }),
      ...(linked !== 'own' && { linked }),
      ...others,
      rules,
    },
  });
  // One line per rule, as people write them.
  visit(document, {
    Map: (_, node, path) => {
      if (path.length > 4) node.flow = true;
    },
  });
  return textOf(document);
}

function textOf(document: Document): string {
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || !ON_ONE_LINE.has(String(key.value))) return;
      if (isMap(value) || isSeq(value)) value.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** The groups whose settings a reload can change, as the schema says: `sampling.overload`, `sampling.logs`. */
function otherReloadable(config: Config): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const { key, type, reload } of SETTINGS) {
    const [top, group = '', name = ''] = key.split('.');
    if (!reload || top !== 'sampling' || GROUPS_OF_OWN.has(group)) continue;
    (groups[group] ??= {})[name] = asWritten(valueOf(config, key), type);
  }
  return groups;
}

function asWritten(value: unknown, type: string): unknown {
  if (typeof value !== 'number') return value;
  if (type === 'duration') return msText(value);
  return type === 'percentage' ? `${Number((value * 100).toPrecision(12))}%` : value;
}

function msText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
