// Headless Chromium for the tests: the system's when CHROMIUM_PATH names one, else the one that comes with npm.
import chromium from '@sparticuz/chromium';
import { chromium as playwright } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** The package's own arguments hold --single-process, which dies with the first page closed; these do not. */
const ARGUMENTS = [
  '--no-sandbox',
  '--headless=shell',
  '--hide-scrollbars',
  '--force-color-profile=srgb',
  '--disable-gpu',
  '--lang=en-US',
  '--disable-dev-shm-usage',
];

export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? (await chromium.executablePath());
  return playwright.launch({ executablePath, args: ARGUMENTS, headless: true });
}
