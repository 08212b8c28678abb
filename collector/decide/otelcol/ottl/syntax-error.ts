// What is wrong with a condition's text, before any span is looked at.
export class OttlSyntaxError extends Error {
  override readonly name = 'OttlSyntaxError';
}
