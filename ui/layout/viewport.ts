// The visible piece of time of a waterfall: zoom about a point, pan, clamp. All in ns from the trace's start.

export interface View {
  readonly from: number;
  readonly to: number;
}

/** Below this a zoom shows rounding, not data. */
const LEAST_NS = 10;

/** Keeps a view inside the whole and no narrower than LEAST_NS. */
function clampView(view: View, whole: View): View {
  const length = Math.min(Math.max(view.to - view.from, LEAST_NS), whole.to - whole.from);
  const from = Math.min(Math.max(view.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** Scales about `at`; factor < 1 zooms in. */
export function zoomView(view: View, whole: View, at: number, factor: number): View {
  return clampView({ from: at - (at - view.from) * factor, to: at + (view.to - at) * factor }, whole);
}

export function panView(view: View, whole: View, share: number): View {
  const by = (view.to - view.from) * share;
  return clampView({ from: view.from + by, to: view.to + by }, whole);
}

/** Text for the URL, `123-456`; null for the whole. */
export function viewText(view: View, whole: View): string | null {
  return view.from <= whole.from && view.to >= whole.to ? null : `${Math.round(view.from)}~${Math.round(view.to)}`;
}

export function parseView(text: string | null, whole: View): View {
  const match = /^(-?\d{1,16})~(-?\d{1,16})$/.exec(text ?? '');
  if (!match || Number(match[1]) >= Number(match[2])) return whole;
  return clampView({ from: Number(match[1]), to: Number(match[2]) }, whole);
}

/** Whole time of a trace with a sliver of room, so that the last label has a place. */
export function wholeView(startNs: number, endNs: number): View {
  const length = Math.max(endNs - startNs, LEAST_NS);
  return { from: startNs, to: startNs + length * 1.08 };
}
