/** Places of a text that a model reads: up to a word, which is to be tagged there, and after which another is to be predicted. */
import { isCongruityError } from '../../src/errors.js';
import { random } from '../../src/random.js';
import type { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import { groups, type Group } from './groups.js';
import type { Sentence } from './tagged-text.js';

export interface Reading {
  /** up to the word and with it, as the language model takes it */
  readonly tokens: readonly number[];
  readonly word: string;
  /** of the word */
  readonly group: Group;
  /** the first token of the word after it */
  readonly next: number;
  readonly nextGroup: Group;
}

/** Why readings and sentences were left out, and how many. */
export interface Exclusion {
  readonly why: string;
  readonly count: number;
}

export interface Readings {
  readonly all: readonly Reading[];
  /** special tokens that stand in front of every text */
  readonly before: number;
  readonly excluded: readonly Exclusion[];
}

/** Which word's group a slice is of: the word read, or the one to be predicted. */
export const sliceBy = ['read', 'next'] as const;
export type SliceBy = (typeof sliceBy)[number];

/** A slice: all readings, or those of one group. */
export type SliceName = Group | typeof ALL;
export const ALL = 'all tokens';

/** Longer readings have too few others of their length to be interchanged with. */
const LONGEST = 32;
/** Less than this in front says little of what comes. */
export const SHORTEST = 3;
/** Sentences that are looked at, at most: drawn by seed. */
const SENTENCES = 4000;
/** Readings of a slice, at most: drawn by seed. */
const OF_SLICE = 2000;

/** The tokens of words in a text whose words have a space between them. */
class Words {
  private readonly known = new Map<string, readonly number[]>();
  /** special tokens in front of every text, and behind it */
  readonly before: readonly number[];
  private readonly after: number;

  constructor(private readonly tokenizer: Tokenizer) {
    const around = tokenizer.encode('');
    const text = tokenizer.encode('a');
    let front = 0;
    while (front < around.length && text[front] === around[front]) front++;
    this.before = text.slice(0, front);
    this.after = around.length - front;
  }

  private bare(text: string): readonly number[] {
    const known = this.known.get(text);
    if (known) return known;
    const whole = this.tokenizer.encode(text);
    const found = whole.slice(this.before.length, whole.length - this.after);
    this.known.set(text, found);
    return found;
  }

  /** Of each word; undefined where words and tokens cannot be told apart. */
  of(words: readonly string[]): readonly (readonly number[])[] | undefined {
    const found = words.map((word, i) => this.bare(i === 0 ? word : ` ${word}`));
    const whole = this.tokenizer.encode(words.join(' '));
    const text = whole.slice(this.before.length, whole.length - this.after);
    const joined = found.flat();
    return joined.length === text.length &&
      joined.every((token, i) => token === text[i]) &&
      found.every((word) => word.length > 0)
      ? found
      : undefined;
  }
}

/**
 * All places of sentences that can be read, drawn by seed.
 * @param context the longest input that all models take
 */
export function readingsOf(
  sentences: readonly Sentence[],
  tokenizer: Tokenizer,
  { context, seed }: { readonly context: number; readonly seed: number },
): Readings {
  const counts = new Map<string, number>();
  const leave = (why: string, count = 1): void => void counts.set(why, (counts.get(why) ?? 0) + count);
  const longest = Math.min(LONGEST, context);
  const words = new Words(tokenizer);
  const order = random(seed, 'sentences').permutation(sentences.length).slice(0, SENTENCES);
  const found = new Map<string, Reading>();
  for (const at of order) {
    const { words: own, after } = sentences[at]!;
    const all = after ? [...own, after] : own;
    let parts: ReturnType<Words['of']>;
    try {
      parts = words.of(all.map(({ word }) => word));
    } catch (error) {
      if (!isCongruityError(error)) throw error;
      leave('sentences that the tokenizer does not take');
      continue;
    }
    if (parts === undefined) {
      leave('sentences whose tokens cannot be told apart by words');
      continue;
    }
    let tokens = words.before;
    for (const [i, { word, group }] of all.slice(0, -1).entries()) {
      tokens = [...tokens, ...parts[i]!];
      const next = all[i + 1]!;
      if (tokens.length > longest) {
        leave(`places further than ${longest} tokens into a sentence`, all.length - 1 - i);
        break;
      }
      if (i + 1 < SHORTEST) leave(`places with fewer than ${SHORTEST} words`);
      else if (parts[i]!.length > 1) leave('words that are several tokens');
      else found.set(tokens.join(' '), { tokens, word, group, next: parts[i + 1]![0]!, nextGroup: next.group });
    }
  }
  return {
    all: [...found.values()],
    before: words.before.length,
    excluded: [...counts].map(([why, count]) => ({ why, count })),
  };
}

export interface Slice {
  readonly name: SliceName;
  readonly readings: readonly Reading[];
}

/** The readings of each slice, all first; drawn by seed where there are many. */
export function slicesOf(
  all: readonly Reading[],
  { by, seed }: { readonly by: SliceBy; readonly seed: number },
): readonly Slice[] {
  const drawn = (name: SliceName, some: readonly Reading[]): Slice => ({
    name,
    readings:
      some.length <= OF_SLICE
        ? some
        : Array.from(random(seed, `slice ${name}`).subset(some.length, OF_SLICE), (at) => some[at]!),
  });
  return [
    drawn(ALL, all),
    ...groups
      .filter((group) => group !== 'other')
      .map((group) =>
        drawn(
          group,
          all.filter((one) => (by === 'read' ? one.group : one.nextGroup) === group),
        ),
      ),
  ];
}
