// Who reads a list keeps their place: over Refresh, Live, and the way to a trace and back.
import { expect, it } from 'vitest';
import { open, openPageForEachTest, page, problems } from './page-under-test.ts';

openPageForEachTest();

const rows = (): Promise<number> => page.getByTestId('traces').locator('tbody tr').count();
const scroller = (): ReturnType<typeof page.locator> =>
  page.locator('main div', { has: page.getByTestId('traces') }).last();
const top = (): Promise<number> => scroller().evaluate((element) => element.scrollTop);

it('keeps loaded rows and the place when it asks again, and finds the place again after a trace', async () => {
  await open('/search');
  await page.getByRole('button', { name: /^More/ }).click();
  await expect.poll(rows).toBe(100);
  await page.getByRole('button', { name: /^More/ }).click();
  await expect.poll(rows).toBe(150);
  await scroller().evaluate((element) => element.scrollTo(0, 3_000));
  const least: number[] = [];
  const asked = page.waitForResponse((response) => response.url().includes('cursor=100'));
  await page.getByRole('button', { name: 'Refresh' }).click();
  for (let i = 0; i < 20; i++) least.push(await rows());
  await asked;
  await expect.poll(rows).toBe(150);
  expect(Math.min(...least)).toBe(150);
  expect(await top()).toBe(3_000);
  await page.getByTestId('traces').locator('tbody tr a').nth(95).dispatchEvent('click');
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/trace\//);
  await page.getByTestId('traces').waitFor({ state: 'detached' });
  await page.goBack();
  await expect.poll(rows).toBe(150);
  await expect.poll(top).toBe(3_000);
  expect(problems.filter((text) => !text.includes('404'))).toEqual([]);
});
