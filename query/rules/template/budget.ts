// What one expansion may do: nodes walked, characters written and made. Beyond it the expansion fails with the limit's name.
import { MAX_PATTERN_WORK, MAX_TEMPLATE_OUTPUT, MAX_TEMPLATE_STEPS, MAX_TEMPLATE_WORK } from './limits.ts';
import { TemplateError } from './template-error.ts';

export class Budget {
  #steps = 0;
  #output = 0;
  #work = 0;
  #matching = 0;

  step(): void {
    if (++this.#steps > MAX_TEMPLATE_STEPS)
      throw new TemplateError(`step limit: more than ${MAX_TEMPLATE_STEPS} steps`);
  }

  /** Characters of the result. */
  write(characters: number): void {
    this.#output += characters;
    if (this.#output > MAX_TEMPLATE_OUTPUT)
      throw new TemplateError(`output limit: more than ${MAX_TEMPLATE_OUTPUT} characters`);
  }

  /** Pattern times text, of all matches together. */
  match(cost: number): void {
    this.#matching += cost;
    if (this.#matching > MAX_PATTERN_WORK)
      throw new TemplateError(`pattern limit: patterns times texts of more than ${MAX_PATTERN_WORK} characters`);
  }

  /** Characters of a text, or members of a list, on the way to it. */
  work(characters: number): void {
    this.#work += characters;
    if (this.#work > MAX_TEMPLATE_WORK)
      throw new TemplateError(`work limit: texts of more than ${MAX_TEMPLATE_WORK} characters`);
  }

  /** A new attempt at the same expansion writes anew. */
  restart(): void {
    this.#output = 0;
  }
}
