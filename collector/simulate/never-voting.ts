// Which policies of a Collector neither keep nor drop any of these traces, each asked alone.
import { isList, membersOf } from '#proto/model/untyped.ts';
import type { LintFinding } from '#collector/decide/rules/lint-rules.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import { isMap } from '#collector/decide/rules/written-map.ts';
import { simulateCollector } from './simulate-collector.ts';
import type { WholeTraces } from './whole-traces.ts';

/** @param block as written and already found valid */
export function neverVoting(block: unknown, path: string, traces: WholeTraces): LintFinding[] {
  const policies = membersOf(block)['policies'];
  const listed = isList(policies) ? policies : [];
  return listed.flatMap((policy, i) => {
    if (!isMap(policy)) return [];
    const name = String(policy['name']);
    const alone = compilePolicies({ policies: [policy] });
    if (!alone.ok || simulateCollector(traces, alone.value).some((trace) => trace.rule === name)) return [];
    return [
      {
        path: `${path}.policies[${i}]`,
        message: `policy \`${name}\` ${policy['type'] === 'drop' ? 'drops' : 'keeps'} none of the ${traces.ids().length} traces of the captures`,
        remedy: 'see whether its keys, types and values occur (winnow show)',
      },
    ];
  });
}
