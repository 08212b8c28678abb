// How a duration stands among all calls of its operation, from the quantiles that the RED numbers give.

interface Quantiles {
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

/** Words and share: `Slower than 99 %` or `Among the fastest 50 %`; null without quantiles. */
export function slowerThan(ms: number, q: Quantiles): { readonly word: string; readonly share: string } | null {
  if (q.p50_ms === null) return null;
  if (q.p99_ms !== null && ms > q.p99_ms) return { word: 'Slower than', share: '99 %' };
  if (q.p95_ms !== null && ms > q.p95_ms) return { word: 'Slower than', share: '95 %' };
  return ms > q.p50_ms ? { word: 'Slower than', share: '50 %' } : { word: 'Among the fastest', share: '50 %' };
}
