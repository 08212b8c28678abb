// Every bound of templates, with the reason for its size.

/** Characters of one template: pages of text, not books. */
export const MAX_TEMPLATE_CHARACTERS = 200_000;

/** Levels of `if`, `range`, `with` and parentheses: parser and interpreter recurse per level. */
export const MAX_TEMPLATE_NESTING = 100;

/** Templates that call templates. */
export const MAX_TEMPLATE_DEPTH = 100;

/** Nodes that one expansion may walk: some tens of milliseconds. */
export const MAX_TEMPLATE_STEPS = 1_000_000;

/** Characters of the text that an expansion gives, and of all texts that it makes on the way. */
export const MAX_TEMPLATE_OUTPUT = 1_000_000;
export const MAX_TEMPLATE_WORK = 10_000_000;

/** Different queries that one expansion may ask. */
export const MAX_TEMPLATE_QUERIES = 100;

/** Characters of one pattern, and patterns times texts of one expansion: the matcher is linear in both. About a second at worst. */
export const MAX_PATTERN_CHARACTERS = 1_000;
export const MAX_PATTERN_WORK = 10_000_000;
