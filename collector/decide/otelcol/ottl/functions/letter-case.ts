// Upper and lower case, letter by letter as Go converts it; names in snake_case and CamelCase, where letters beyond ASCII are lost in camel case.
const isUpper = (letter: string): boolean => letter >= 'A' && letter <= 'Z';
const isLower = (letter: string): boolean => letter >= 'a' && letter <= 'z';
const isDigit = (letter: string): boolean => letter >= '0' && letter <= '9';
const isJoint = (letter: string): boolean => letter === ' ' || letter === '_' || letter === '-' || letter === '.';

/** A letter whose large form would be two (ß) stays. */
export function upperCase(text: string): string {
  return Array.from(text, (letter) =>
    Array.from(letter.toUpperCase()).length === 1 ? letter.toUpperCase() : letter,
  ).join('');
}

export function lowerCase(text: string): string {
  return Array.from(text, (letter) => Array.from(letter.toLowerCase())[0] ?? '').join('');
}

/** A large letter after each joint and each digit; runs of large letters become small. */
export function camelCase(text: string): string {
  let made = '';
  let large = true;
  let afterLarge = false;
  for (const letter of text.trim()) {
    const upper = isUpper(letter);
    if (upper || isLower(letter)) {
      made += large ? letter.toUpperCase() : afterLarge && upper ? letter.toLowerCase() : letter;
      large = false;
    } else if (isDigit(letter)) {
      made += letter;
      large = true;
    } else large = isJoint(letter);
    afterLarge = upper;
  }
  return made;
}

/** An underscore where the sort of letter changes. */
export function snakeCase(text: string): string {
  const letters = Array.from(text.trim());
  let made = '';
  for (const [i, letter] of letters.entries()) {
    const next = letters[i + 1] ?? '';
    const [upper, lower, digit] = [isUpper(letter), isLower(letter), isDigit(letter)];
    const changes =
      (upper && (isLower(next) || isDigit(next))) ||
      (lower && (isUpper(next) || isDigit(next))) ||
      (digit && (isUpper(next) || isLower(next)));
    if (changes) {
      if (upper && isLower(next) && i > 0 && isUpper(letters[i - 1]!)) made += '_';
      made += letter.toLowerCase();
      if (lower || digit || isDigit(next)) made += '_';
    } else made += isJoint(letter) ? '_' : upper ? letter.toLowerCase() : letter;
  }
  return made;
}
