// A browser may report a language that is no language tag, as `en-US@posix` or `de_DE.UTF-8` of its system. What formats numbers and times by it then throws,
// the chart library as soon as it is loaded.

const FALLBACK = 'en-US';

/** A language tag (BCP 47) for what a browser reports. */
export function languageTag(reported: string): string {
  const tag = reported.split(/[.@]/, 1)[0]!.replaceAll('_', '-');
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? FALLBACK;
  } catch {
    return FALLBACK;
  }
}

/** From now on the browser reports a language tag. */
export function reportLanguageTag(navigator: Navigator): void {
  const tag = languageTag(navigator.language);
  if (tag !== navigator.language) Object.defineProperty(navigator, 'language', { value: tag, configurable: true });
}
