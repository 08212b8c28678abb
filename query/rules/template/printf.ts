// Go's Sprintf for the values of templates.
import type { Budget } from './budget.ts';
import { formatVerb, type Flags } from './printf-verbs.ts';
import { typeName, type Value } from './value.ts';
import { valueText } from './value-text.ts';

/** Width and precision beyond this are refused by Go, too. */
const MAX_WIDTH = 1_000_000;

/** Flags, argument number, width, precision, verb. */
const DIRECTIVE = /%([-+# 0]*)/y;
const NUMBER = /\d+/y;

class Directives {
  readonly #format: string;
  readonly #args: readonly Value[];
  readonly #budget: Budget;
  #at = 0;
  #next = 0;
  #isReordered = false;
  #isGoodIndex = true;

  constructor(format: string, args: readonly Value[], budget: Budget) {
    this.#format = format;
    this.#args = args;
    this.#budget = budget;
  }

  text(): string {
    const format = this.#format;
    let text = '';
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at);
      if (percent < 0) {
        text += format.slice(this.#at);
        break;
      }
      text += format.slice(this.#at, percent);
      this.#at = percent;
      const piece = this.#directive();
      this.#budget.work(piece.length);
      text += piece;
    }
    if (!this.#isReordered && this.#next < this.#args.length) {
      const extra = this.#args
        .slice(this.#next)
        .map((arg) => (arg === undefined ? '<nil>' : `${typeName(arg)}=${valueText(arg)}`));
      text += `%!(EXTRA ${extra.join(', ')})`;
    }
    return text;
  }

  #directive(): string {
    const format = this.#format;
    DIRECTIVE.lastIndex = this.#at;
    const signs = DIRECTIVE.exec(format)?.[1] ?? '';
    this.#at = DIRECTIVE.lastIndex;
    this.#isReordered = false;
    this.#isGoodIndex = true;
    let bad = '';
    let afterIndex = this.#index();
    let width: number | undefined;
    let isLeft = signs.includes('-');
    if (format[this.#at] === '*') {
      this.#at++;
      width = this.#star();
      if (width === undefined) bad += '%!(BADWIDTH)';
      else if (width < 0) {
        isLeft = true;
        width = -width;
      }
      afterIndex = false;
    } else {
      width = this.#number();
      if (afterIndex && width !== undefined) this.#isGoodIndex = false;
    }
    let precision: number | undefined;
    if (format[this.#at] === '.') {
      this.#at++;
      if (afterIndex) this.#isGoodIndex = false;
      afterIndex = this.#index();
      if (format[this.#at] === '*') {
        this.#at++;
        precision = this.#star();
        if (precision === undefined) bad += '%!(BADPREC)';
        else if (precision < 0) precision = undefined;
        afterIndex = false;
      } else precision = this.#number() ?? 0;
    }
    if (!afterIndex) this.#index();
    const verb = String.fromCodePoint(format.codePointAt(this.#at) ?? 0);
    if (this.#at >= format.length) return `${bad}%!(NOVERB)`;
    this.#at += verb.length;
    const flags: Flags = {
      isLeft,
      hasPlus: signs.includes('+') && verb !== 'v',
      isSharp: signs.includes('#') && verb !== 'v',
      namesFields: signs.includes('+') && verb === 'v',
      isQuoted: signs.includes('#') && verb === 'v',
      hasSpace: signs.includes(' '),
      isZero: signs.includes('0') && !isLeft,
      width: width ?? 0,
      precision,
    };
    return bad + this.#verb(verb, flags);
  }

  #verb(verb: string, flags: Flags): string {
    if (verb === '%') return '%';
    if (!this.#isGoodIndex) return `%!${verb}(BADINDEX)`;
    if (this.#next >= this.#args.length) return `%!${verb}(MISSING)`;
    const arg = this.#args[this.#next++];
    return formatVerb(verb, arg, flags, this.#budget);
  }

  #number(): number | undefined {
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#format)?.[0];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    const value = Number(digits);
    return value > MAX_WIDTH ? undefined : value;
  }

  /** The value of `*`. */
  #star(): number | undefined {
    const arg = this.#args[this.#next];
    if (this.#next < this.#args.length) this.#next++;
    if (typeof arg !== 'bigint') return undefined;
    const value = Number(arg);
    return Math.abs(value) > MAX_WIDTH ? undefined : value;
  }

  /** `[n]`: the next argument is the n-th. */
  #index(): boolean {
    const format = this.#format;
    if (format[this.#at] !== '[') return false;
    this.#isReordered = true;
    const close = format.indexOf(']', this.#at);
    const digits = close < 0 ? '' : format.slice(this.#at + 1, close);
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    const number = /^\d{1,6}$/.test(digits) ? Number(digits) : 0;
    if (number < 1 || number > this.#args.length) {
      this.#isGoodIndex = false;
      return false;
    }
    this.#next = number - 1;
    return true;
  }
}

export function sprintf(format: string, args: readonly Value[], budget: Budget): string {
  return new Directives(format, args, budget).text();
}
