// Values whose shape nobody has checked yet, as JSON.parse and YAML give them.

/** Has members by name: no array, not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Its members; none where it is something else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

/** A whole number that a double holds exactly, not negative. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** An array of unknown items. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
