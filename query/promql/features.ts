// The parts of the language that Prometheus keeps behind flags of its own.

export interface LanguageFeatures {
  /** `promql-experimental-functions`: functions and aggregations that are still experimental. */
  readonly experimentalFunctions: boolean;
  /** `promql-extended-range-selectors`: `anchored` and `smoothed`. */
  readonly extendedRangeSelectors: boolean;
  /** `promql-binop-fill-modifiers`: `fill`, `fill_left` and `fill_right`. */
  readonly binopFillModifiers: boolean;
}

/** What a Prometheus without flags understands. */
export const STABLE_FEATURES: LanguageFeatures = {
  experimentalFunctions: false,
  extendedRangeSelectors: false,
  binopFillModifiers: false,
};

/** Everything, as Prometheus' own test runner has it. */
export const ALL_FEATURES: LanguageFeatures = {
  experimentalFunctions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
};
