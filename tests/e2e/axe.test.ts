// Every page, light and dark, wide and narrow, with data and without: axe finds nothing serious.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import axe from 'axe-core';
import { expect, it } from 'vitest';
import { PAGES } from './page-addresses.ts';
import { empty, open, openPageForEachTest, page } from './page-under-test.ts';

openPageForEachTest();

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [
  { width: 1440, height: 860 },
  { width: 390, height: 844 },
];
const EMPTY_PAGES = ['/search', '/services', '/map', '/logs', '/sampling', '/metrics?q=up', '/health'];

interface Found {
  readonly violations: readonly axe.Result[];
}

async function violationsOf(options: axe.RunOptions): Promise<readonly axe.Result[]> {
  const found: Found = await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`);
  return found.violations;
}

const only = (...values: string[]): axe.RunOptions => ({
  resultTypes: ['violations'],
  runOnly: { type: 'rule', values },
});
/** Violations that are serious or critical, in words; by the rules about colours in light and dark. */
async function seriousOnes(): Promise<string[]> {
  // Scripts of the test run beside the page's, out of reach of its content policy.
  await page.evaluate(SOURCE);
  const found = [...(await violationsOf({ resultTypes: ['violations'] }))];
  await page.emulateMedia({ colorScheme: 'dark' });
  found.push(...(await violationsOf(only('color-contrast', 'link-in-text-block'))));
  await page.emulateMedia({ colorScheme: 'light' });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

it.each(SIZES)(
  'axe finds nothing serious, light and dark: $width px',
  async (size) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    const found: string[] = [];
    for (const [base, paths] of [
      [undefined, PAGES],
      [empty.url, EMPTY_PAGES],
    ] as const)
      for (const path of paths) {
        await open(path, base);
        for (const one of await seriousOnes()) found.push(`${path} ${one}`);
      }
    expect(found).toEqual([]);
  },
  240_000,
);
