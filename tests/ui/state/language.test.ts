// What browsers report as their language, and the tag that is made of it.
import { expect, it } from 'vitest';
import { languageTag, reportLanguageTag } from '#ui/state/language.ts';

it.each([
  ['en-US', 'en-US'],
  ['de', 'de'],
  ['zh-hant-tw', 'zh-Hant-TW'],
  ['en-US@posix', 'en-US'],
  ['de_DE.UTF-8', 'de-DE'],
  ['sr_RS@latin', 'sr-RS'],
  ['C', 'en-US'],
  ['C.UTF-8', 'en-US'],
  ['', 'en-US'],
  ['not a language', 'en-US'],
])('%j is %s, and numbers can be written in it', (reported, tag) => {
  expect(languageTag(reported)).toBe(tag);
  expect(() => new Intl.NumberFormat(languageTag(reported))).not.toThrow();
});

it('changes what the browser reports where that is no tag, and leaves it otherwise', () => {
  const odd = { language: 'en-US@posix' } as Navigator;
  reportLanguageTag(odd);
  expect(odd.language).toBe('en-US');
  const usual = Object.freeze({ language: 'fr-CA' }) as Navigator;
  reportLanguageTag(usual);
  expect(usual.language).toBe('fr-CA');
});
