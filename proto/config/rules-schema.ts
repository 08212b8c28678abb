// The settings of rules and alerts, and Alertmanagers and external labels as they stand in a configuration.
import { z } from 'zod';
import { count, duration, httpAddress, structure, texts } from './leaf.ts';
import { parseDurationMs } from './units.ts';

/** Threads of one process; far more than cores that evaluate at a time. */
const MAX_CONCURRENCY = 64;
/** Evaluations in shorter intervals would do little but ask. */
const LEAST_EVALUATION_INTERVAL_MS = 100;
const ALERTMANAGER_TIMEOUT = '10s';
/** Each has a queue and a connection. */
const MAX_ALERTMANAGERS = 16;
const HTTP_ADDRESS = /^https?:\/\/(?:[^\s/@]+@)?(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/\S*)?$/i;

const timeout = z.string().transform((written, context) => {
  const ms = parseDurationMs(written);
  if (ms !== undefined && ms > 0) return ms;
  context.addIssue({ code: 'custom', message: 'is no duration above 0: write a number with its unit, as 10s' });
  return z.NEVER;
});

const url = z.string().regex(HTTP_ADDRESS, 'is no HTTP address: write http://HOST:PORT, as http://127.0.0.1:9093');

const alertmanager = z
  .strictObject({
    url,
    path_prefix: z.string().default(''),
    timeout: timeout.prefault(ALERTMANAGER_TIMEOUT),
    basic_auth: z.strictObject({ username: z.string(), password_file: z.string().min(1) }).optional(),
    authorization: z
      .strictObject({
        type: z
          .string()
          .regex(/^[\w-]+$/)
          .default('Bearer'),
        credentials_file: z.string().min(1),
      })
      .optional(),
  })
  .refine(({ basic_auth: basic, authorization }) => basic === undefined || authorization === undefined, {
    message: 'has both basic_auth and authorization: write one of them',
  });

/** On the command line, addresses separated by commas. */
const addresses = z
  .string()
  .transform((line) =>
    line
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
      .map((word) => ({ url: word })),
  )
  .pipe(z.array(alertmanager));

export const alertmanagersSchema = z
  .union([addresses, z.array(alertmanager)])
  .refine((all) => all.length <= MAX_ALERTMANAGERS, { message: `are too many: write at most ${MAX_ALERTMANAGERS}` });

const labelValue = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

const externalLabelsSchema = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), labelValue, {
  message: 'is no map of labels: write names of letters, digits and _ with their values, as cluster: a',
});

const alert = z.strictObject({
  resend_delay: duration('1m', {
    reload: true,
    least: 1,
    description: 'An alert that goes on is sent again to the Alertmanagers after this long.',
  }),
  for_outage_tolerance: duration('1h', {
    reload: true,
    description:
      'After a restart, how long a pending alert has waited before is remembered if it was there this recently.',
  }),
  for_grace_period: duration('10m', {
    reload: true,
    description:
      'An alert whose `for` is at least this long waits so long after a restart before it fires, even if it had less left. With a shorter `for` it waits from the beginning.',
  }),
});

export const rules = z.strictObject({
  files: texts([], {
    reload: true,
    description:
      'Files of recording and alerting rules in the format of Prometheus; names may hold wildcards, as rules/*.yaml, and are relative to the working directory. Empty = no rules; see rules-and-alerts.md.',
  }),
  evaluation_interval: duration('1m', {
    reload: true,
    least: LEAST_EVALUATION_INTERVAL_MS,
    description: 'How often groups are evaluated that name no `interval`.',
  }),
  query_offset: duration('0s', {
    reload: true,
    description:
      'So far in the past groups that name no `query_offset` are evaluated, so that samples that come late are seen.',
  }),
  external_labels: structure(externalLabelsSchema, 'map of text', {
    reload: true,
    description:
      'Labels added to every alert that is sent, as { cluster: a }, and known to templates as $externalLabels.',
  }),
  external_url: httpAddress({
    reload: true,
    description:
      'Where people reach the UI from outside: links in alerts begin with it. Empty = the address of listen.http.',
  }),
  alert: alert.prefault({}),
  max_concurrency: count(1, {
    least: 1,
    most: MAX_CONCURRENCY,
    description:
      'Expressions of rules that are evaluated at a time once they take longer than 50 ms. They have threads of their own, so that rules and people who ask do not wait for each other.',
  }),
  max_groups: count(1000, { reload: true, least: 1, description: 'Groups of rules of all files, at most.' }),
  max_rules: count(20_000, { reload: true, least: 1, description: 'Rules of all groups, at most.' }),
});
