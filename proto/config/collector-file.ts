// What Winnow uses of an OpenTelemetry Collector's configuration file: one tail_sampling processor, verbatim.
import { isList, isRecord as isTree } from '#proto/model/untyped.ts';
import { parse } from 'yaml';
import { COLLECTOR_TAGS } from './collector-numbers.ts';
import { configError, type ConfigError, type Result } from './config-error.ts';
import { didYouMean } from './nearest-key.ts';

/** Name of the processor, alone or before a `/` and a name of its own. */
export const TAIL_SAMPLING = 'tail_sampling';
const PROCESSORS = 'processors';
const SECTIONS = ['receivers', PROCESSORS, 'exporters', 'connectors', 'extensions', 'service'];
/** Most names of one section that the notice lists. */
const MOST_NAMES = 8;

export interface TakenBlock {
  readonly block: unknown;
  /** Where it stands. */
  readonly path: string;
  /** What of the file is used and what is not, in one line. */
  readonly notice: string;
}

type Tree = Readonly<Record<string, unknown>>;

/** As the Collector reads its YAML: merge keys are followed, and integers keep all their 64 bits. @throws YAMLParseError */
export function parseCollectorYaml(text: string): unknown {
  const tree: unknown = parse(text, {
    intAsBigInt: true,
    merge: true,
    logLevel: 'error',
    customTags: (tags) => [...COLLECTOR_TAGS, ...tags],
  });
  return tree;
}

/** A Collector's file is known by its `processors:`. */
export function isCollectorFile(tree: unknown): boolean {
  return isTree(tree) && PROCESSORS in tree;
}

/** @param wanted processor asked for by name; '' = the one that a traces pipeline uses */
export function takeTailSampling(tree: Tree, name: string, wanted: string): Result<TakenBlock, readonly ConfigError[]> {
  const strange = Object.keys(tree).filter((key) => !SECTIONS.includes(key));
  if (strange.length > 0) {
    const remedy =
      'a file with processors: is read as an OpenTelemetry Collector configuration; give settings of Winnow as flags or variables';
    return {
      ok: false,
      error: strange.map((key) =>
        configError(key, undefined, "is no section of a Collector's configuration", remedy, name),
      ),
    };
  }
  const processors = isTree(tree[PROCESSORS]) ? tree[PROCESSORS] : {};
  const all = Object.keys(processors).filter((key) => key === TAIL_SAMPLING || key.startsWith(`${TAIL_SAMPLING}/`));
  const fail = (message: string, remedy: string, value?: string): Result<TakenBlock, readonly ConfigError[]> => ({
    ok: false,
    error: [configError(PROCESSORS, value, message, remedy, name)],
  });
  if (all.length === 0) return fail('has no tail_sampling', 'add one, or give a configuration of Winnow');
  if (wanted !== '' && !all.includes(wanted))
    return {
      ok: false,
      error: [
        configError(
          'sampling.processor',
          wanted,
          'is no tail_sampling processor of the file',
          didYouMean(wanted, all),
          name,
        ),
      ],
    };
  const pipelines = pipelinesOf(tree);
  const users = (processor: string): string[] =>
    pipelines.flatMap(([pipeline, used]) => (used.includes(processor) ? [pipeline] : []));
  const used = all.filter((processor) => users(processor).length > 0);
  const eligible = wanted !== '' ? [wanted] : used.length > 0 ? used : all;
  const taken = eligible[0]!;
  if (eligible.length > 1) {
    return fail(
      `has ${eligible.length} tail_sampling processors${used.length > 1 ? ' that traces pipelines use' : ''}`,
      'name the one to decide by, as --sampling.processor=tail_sampling/NAME',
      eligible.join(', '),
    );
  }
  const by = users(taken);
  const where = by.length === 0 ? 'no traces pipeline uses it' : `of pipeline ${by.join(', ')}`;
  return {
    ok: true,
    value: {
      block: processors[taken] ?? {},
      path: `${PROCESSORS}.${taken}`,
      notice: `decides by ${PROCESSORS}.${taken} of ${name} (${where}); ${ignored(tree, taken)}`,
    },
  };
}

/** Traces pipelines with their processors. */
function pipelinesOf({ service }: Tree): [string, readonly unknown[]][] {
  const pipelines = isTree(service) && isTree(service['pipelines']) ? service['pipelines'] : {};
  return Object.entries(pipelines).flatMap(([pipeline, written]): [string, readonly unknown[]][] => {
    const processors = isTree(written) ? written['processors'] : undefined;
    return (pipeline === 'traces' || pipeline.startsWith('traces/')) && isList(processors)
      ? [[pipeline, processors]]
      : [];
  });
}

function ignored(tree: Tree, taken: string): string {
  const parts = SECTIONS.flatMap((section) => {
    const written = tree[section];
    const names = isTree(written)
      ? Object.keys(written).filter((name) => section !== PROCESSORS || name !== taken)
      : [];
    if (names.length === 0) return [];
    return [
      `${section} ${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''}`,
    ];
  });
  return parts.length === 0
    ? 'there is nothing else in it'
    : `not taken: ${parts.join('; ')}. Listeners and storage are Winnow's own: flags, variables`;
}
