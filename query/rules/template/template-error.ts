// What is wrong with a template, or with what it was given.

export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
