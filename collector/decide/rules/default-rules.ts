// What is in force where no sampling is configured: who sends a little sees all of it, and who sends a flood keeps what matters.

/** Name of the rule for everything else. */
const DEFAULT_RULE = 'default keep';
export const DEFAULT_RULES: readonly unknown[] = [{ name: DEFAULT_RULE, keep: '100%' }];

/** Errors and slow traces are kept whatever it costs, everything else within a budget that a quiet time of up to ten minutes may exceed. */
export const ZERO_CONFIGURATION = {
  rules: [
    { name: 'default errors', when: { any: { status: 'error' } }, keep: '100%', budget: false },
    { name: 'default slow', when: { duration: '> 5s' }, keep: '100%', budget: false },
    ...DEFAULT_RULES,
  ],
  budget: { spans_per_second: 20_000, window: '1s', burst: '10m' },
  floor: { per: ['service', 'route', 'status'], traces: 1, every: '1m' },
};
