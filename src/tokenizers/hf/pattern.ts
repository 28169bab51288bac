/**
 * Regular expressions from a tokenizer.json run in JavaScript's backtracking engine, where a hostile one can take for ever. What is let through is what
 * tokenizers need: atoms, each repeated at most by itself. Refused are a group that is repeated (the usual way to exponential time), back-references, and
 * whatever could be matched in too many ways: an expression is given the number of ways (alternatives add, neighbours multiply) and a degree (repetitions
 * without a bound); a match at one place of a text of n characters takes at most ways x n^degree steps. Where that is much for a text, the match is watched
 * (bounded.ts).
 */

const maxLength = 4000;
const maxDepth = 50;
const maxDegree = 3;
const maxWays = 4096;
/** more than this is as good as no bound */
const maxBound = 100;

interface Size {
  readonly ways: number;
  readonly degree: number;
}

/** by pattern: they are asked for with every text */
const sizes = new Map<string, Size>();

class Fault extends Error {}

class Reader {
  private at = 0;
  constructor(private readonly pattern: string) {}

  whole(): Size {
    const size = this.alternatives(0);
    if (this.at < this.pattern.length) throw new Fault('a group is closed that was not opened');
    return size;
  }

  private alternatives(depth: number): Size {
    if (depth > maxDepth) throw new Fault(`groups are nested more than ${maxDepth} deep`);
    let ways = 0;
    let degree = 0;
    for (;;) {
      const one = this.sequence(depth);
      ways += one.ways;
      degree = Math.max(degree, one.degree);
      if (this.pattern[this.at] !== '|') return { ways, degree };
      this.at++;
    }
  }

  private sequence(depth: number): Size {
    let ways = 1;
    let degree = 0;
    while (this.at < this.pattern.length && this.pattern[this.at] !== '|' && this.pattern[this.at] !== ')') {
      const isGroup = this.pattern[this.at] === '(';
      const one = this.repeated(isGroup ? this.group(depth) : this.atom(), isGroup);
      ways *= one.ways;
      degree += one.degree;
      if (ways > maxWays) throw new Fault(`it can match in more than ${maxWays} ways`);
      if (degree > maxDegree) throw new Fault(`more than ${maxDegree} repetitions without a bound follow each other`);
    }
    return { ways, degree };
  }

  private group(depth: number): Size {
    // (?: (?= (?! (?<= (?<! (?> (?i: and names
    this.at += /^\((?:\?(?:<[=!]|<[A-Za-z_]\w*>|[:=!>]|[a-z-]+:))?/.exec(
      this.pattern.slice(this.at, this.at + 100),
    )![0].length;
    const size = this.alternatives(depth + 1);
    if (this.pattern[this.at] !== ')') throw new Fault('a group is not closed');
    this.at++;
    return size;
  }

  private atom(): Size {
    const { pattern, at } = this;
    if (pattern[at] === '\\') {
      if (/[1-9kg]/.test(pattern[at + 1] ?? '')) throw new Fault('it has a back-reference');
      this.at += /^\\[pPxu]\{[^}]*\}/.exec(pattern.slice(at, at + 100))?.[0].length ?? 2;
    } else this.at = pattern[at] === '[' ? this.classEnd() : at + 1;
    return { ways: 1, degree: 0 };
  }

  /** Where the character class that begins here ends. */
  private classEnd(): number {
    const { pattern } = this;
    let depth = 0;
    for (let i = this.at; i < pattern.length; i++) {
      if (pattern[i] === '\\') i++;
      else if (pattern[i] === '[') {
        depth++;
        // a ] right at the beginning is one of the characters
        if (pattern[i + 1] === '^') i++;
        if (pattern[i + 1] === ']') i++;
      } else if (pattern[i] === ']' && --depth === 0) return i + 1;
    }
    throw new Fault('a character class is not closed');
  }

  /** Quantifiers after an atom or a group. Several in a row multiply; a ? after another, which makes it lazy, does no harm. */
  private repeated(one: Size, isGroup: boolean): Size {
    let { ways, degree } = one;
    for (;;) {
      const c = this.pattern[this.at];
      const bounds = c === '{' ? /^\{(\d*)(,?)(\d*)\}/.exec(this.pattern.slice(this.at, this.at + 24)) : null;
      if (c !== '*' && c !== '+' && c !== '?' && bounds === null) return { ways, degree };
      this.at += bounds === null ? 1 : bounds[0].length;
      if (c === '?') {
        ways += 1;
        continue;
      }
      const least = bounds === null ? 0 : Number(bounds[1]);
      const most =
        bounds === null ? Infinity : bounds[2] === '' ? least : bounds[3] === '' ? Infinity : Number(bounds[3]);
      if (isGroup && most > 1) throw new Fault('a group is repeated');
      if (most > maxBound) degree++;
      else ways *= Math.max(1, most - least + 1);
    }
  }
}

/** The most steps that all matches of a pattern that is not refused take in a text. */
export function patternSteps(pattern: string, length: number): number {
  const { ways, degree } = sizes.get(pattern) ?? new Reader(pattern).whole();
  sizes.set(pattern, { ways, degree });
  return ways * (length + 1) ** (degree + 1);
}

/** Why a pattern is refused, or undefined. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > maxLength) return `it has ${pattern.length} characters, more than ${maxLength}`;
  try {
    new Reader(pattern).whole();
    return undefined;
  } catch (fault) {
    if (fault instanceof Fault) return fault.message;
    throw fault;
  }
}
