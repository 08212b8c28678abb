// Settings of rules, and Alertmanagers, written in a file and on the command line; a mistake is named with its place and what to write.
import { expect, test } from 'vitest';
import { formatConfigError } from '#proto/config/config-error.ts';
import { loadConfig } from '#proto/config/load.ts';

function load(file: string, argv: string[] = []) {
  const loaded = loadConfig({ argv: ['--config', 'winnow.yaml', ...argv], env: {}, readFile: () => file });
  return loaded.ok ? loaded.value.config : loaded.error.map(formatConfigError).join('\n');
}

test('Alertmanagers as a list, as addresses separated by commas, and in flow style', () => {
  const written = `
rules: { files: [a.yaml, 'b/*.yaml'], external_labels: { cluster: eu, zone: 1 }, query_offset: 5s }
alertmanagers:
  - url: http://127.0.0.1:9093
  - { url: "https://am.example/x", path_prefix: /y, timeout: 3s, basic_auth: { username: u, password_file: /p } }
  - { url: "http://[::1]:9093", authorization: { credentials_file: /t } }
`;
  const config = load(written);
  expect(config).toMatchObject({
    rules: {
      files: ['a.yaml', 'b/*.yaml'],
      external_labels: { cluster: 'eu', zone: '1' },
      query_offset: 5000,
      evaluation_interval: 60_000,
      alert: { resend_delay: 60_000, for_outage_tolerance: 3_600_000, for_grace_period: 600_000 },
    },
    alertmanagers: [
      { url: 'http://127.0.0.1:9093', path_prefix: '', timeout: 10_000 },
      { timeout: 3000, path_prefix: '/y', basic_auth: { username: 'u', password_file: '/p' } },
      { authorization: { type: 'Bearer', credentials_file: '/t' } },
    ],
  });
  expect(load('{}', ['--alertmanagers=http://a:1, http://b:2', '--rules.external_labels={cluster: x}'])).toMatchObject({
    alertmanagers: [
      { url: 'http://a:1', timeout: 10_000 },
      { url: 'http://b:2', timeout: 10_000 },
    ],
    rules: { external_labels: { cluster: 'x' } },
  });
  expect(load(written, ['--alertmanagers=[{ url: "http://c:3" }]', '--rules.files='])).toMatchObject({
    alertmanagers: [{ url: 'http://c:3' }],
    rules: { files: [] },
  });
});

test.each([
  ['alertmanagers: [{ url: "9093" }]', 'alertmanagers'],
  ['alertmanagers: [{ url: "http://a:1", timeout: soon }]', 'alertmanagers'],
  ['alertmanagers: [{ url: "http://a:1", passwort: x }]', 'alertmanagers'],
  [
    'alertmanagers: [{ url: "http://a:1", basic_auth: { username: u, password_file: p }, authorization: { credentials_file: t } }]',
    'alertmanagers',
  ],
  ['rules: { evaluation_interval: 10ms }', 'rules.evaluation_interval (winnow.yaml:1): is too short'],
  ['rules: { external_labels: [a] }', 'rules.external_labels'],
  ['rules: { external_labels: { "a b": c } }', 'rules.external_labels'],
  ['rules: { external_url: winnow }', 'rules.external_url (winnow.yaml:1): is no HTTP address'],
  ['rules: { interval: 1m }', 'rules.interval (winnow.yaml:1): is no setting'],
  ['rules: { max_groups: 0 }', 'rules.max_groups (winnow.yaml:1): is out of bounds'],
])('%s is refused', (file, message) => {
  expect(load(file)).toContain(message);
});
