// The critical path of five CRISP traces as people see it in the terminal: filled pieces are on the path.
import { expect, it } from 'vitest';
import { shownTrace } from '#deploy/cli/show/trace-json.ts';
import { traceText } from '#deploy/cli/show/trace-text.ts';
import { Reconstructor, rawClocks } from '#collector/reconstruct/reconstruct.ts';
import { loadCapture } from '../support/capture-traces.ts';
import { describeWithData } from '../support/shared-data.ts';

const COLUMNS = 106;

/** What each shows, and its drawing. */
const DRAWN: readonly [file: number, what: string, drawing: string][] = [
  [
    5,
    'siblings one after the other are all on it, the gaps are their parent’s',
    `
trace 0000000000000000000000000000000a  4 spans  0.100 ms
S1 O1                                          0.000       0.100 ████░░░░░░░░████░░░░████░░░░░░░░░░░░████
  S2 O2                                        0.010       0.020     ████████
  S2 O2                                        0.040       0.010                 ████
  S2 O2                                        0.060       0.030                         ████████████
`,
  ],
  [
    8,
    'a child that outlives its parent counts as long as the parent lasts',
    `
trace 0000000000000000000000000000000a  3 spans  0.120 ms
S1 O1                                          0.000       0.100 ████░░░░░░░░░░░░░░░░░░░███████████
  S2 O2                                        0.010       0.060    ████░░░░░░░░░░░░░░░░░
    S3 O3                                      0.020       0.100       ██████████████████░░░░░░░░░░░░░░░░
`,
  ],
  [
    10,
    'of siblings that overlap, the one that ends last',
    `
trace 0000000000000000000000000000000a  4 spans  1.000 ms
S1 O1                                          0.000       1.000 █░░░░░░░█████░░░░░░░░░░░████████████████
  S2 O2                                        0.010       0.200 █████████
  S3 O3                                        0.209       0.100         ░░░░░
  S4 O4                                        0.308       0.300             █████████████
`,
  ],
  [
    12,
    'of children that overlap inside a child, the one that ends last',
    `
trace 0000000000000000000000000000000a  4 spans  0.100 ms
S1 O1                                          0.000       0.100 ████░░░░░░░░░░░░░░░░░░░░░░░░████████████
  S2 O2                                        0.010       0.060     ████████░░░░░░░░████████
    S3 O3                                      0.025       0.020           ░░░░░░░░
    S4 O4                                      0.030       0.020             ████████
`,
  ],
  [
    15,
    'many short calls, and a last one up to the end',
    `
trace 0000000000000000000000000000000a  7 spans  0.100 ms
S1 O1                                          0.000       0.100 ████░░░░██░░░░██░░░░██░░░░██░░░░██░░░░░░
  S2 O2                                        0.010       0.010     ████
  S3 O2                                        0.025       0.010           ████
  S4 O2                                        0.040       0.010                 ████
  S5 O2                                        0.055       0.010                       ████
  S6 O2                                        0.070       0.010                             ████
  S7 O3                                        0.085       0.015                                   ██████
`,
  ],
];

describeWithData('the critical path of CRISP trace', () => {
  for (const [number, what, drawing] of DRAWN) {
    it(`${number}: ${what}`, async () => {
      const file = await loadCapture(`jaeger/crisp-critical-path/${number}.json`);
      const [id = ''] = file.ids();
      const view = file.view(id)!;
      expect(
        `\n${traceText(shownTrace(id, view, new Reconstructor(rawClocks).run(view)), COLUMNS)}`.replaceAll(
          / +$/gmu,
          '',
        ),
      ).toBe(drawing);
    });
  }
});
