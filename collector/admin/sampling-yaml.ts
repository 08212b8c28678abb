// The sampling configuration in force as YAML, for GET /config and the Sampling page: nothing else of the configuration, so no secret.
import { Document, isMap, isScalar, isSeq, visit } from 'yaml';
import type { Config } from '#proto/config/schema.ts';
import { inForce } from '#collector/decide/rules/compile-rules.ts';

/** What a reload can change, completed: the zero configuration is written out. `winnow simulate` takes it, and so does a configuration file. */
export function samplingYaml({ sampling }: Config): string {
  const { wait, linked } = sampling;
  if (sampling.tail_sampling !== undefined) {
    const { tail_sampling: block, feature_gates: gates } = sampling;
    return new Document({
      sampling: { tail_sampling: block, ...(gates.length > 0 && { feature_gates: gates }) },
    }).toString({ lineWidth: 0 });
  }
  const { rules, budget, floor } = inForce(sampling);
  const written = {
    sampling: {
      wait: { quiet: msText(wait.quiet), after_root: msText(wait.after_root), max: msText(wait.max) },
      ...(budget !== undefined && { budget }),
      ...(floor !== undefined && { floor }),
      ...(linked !== 'own' && { linked }),
      rules,
    },
  };
  const document = new Document(written);
  // One line per rule, as people write them.
  visit(document, {
    Map: (_, node, path) => {
      if (path.length > 4) node.flow = true;
    },
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || !['wait', 'budget', 'floor'].includes(String(key.value))) return;
      if (isMap(value) || isSeq(value)) value.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function msText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
