/** What failed before is a hint: it is tried first where the task still has it, and left aside where it has not. */
import * as fc from 'fast-check';
import type { Model } from '../src/model/model.js';
import type { Task } from '../src/task/task.js';
import { encodeOne, exampleOf, type Example } from '../generators/_internals/pool.js';
import { inputInWords } from '../generators/_internals/printed.js';
import { arbitraryOf } from '../generators/_internals/arbitrary-of.js';

/** An input that failed before, as it prints, and how fast-check came to it. Read from a file that anybody may have changed: nothing of it is taken for granted. */
export interface Remembered {
  readonly value: unknown;
  readonly seed?: unknown;
  readonly path?: unknown;
}

export interface Where<I> {
  readonly on: Task<I>;
  readonly model: Model;
  /** what the search draws from, with its parameters */
  readonly arbitrary: fc.Arbitrary<Example<I>>;
  readonly check: fc.Parameters<[Example<I>]>;
  /** inputs that a search draws, at most */
  readonly runs: number;
  readonly seed: number;
}

/** More than this is no memory of a search: it keeps one. */
const MOST = 16;

/**
 * Of the descriptions that are remembered, those that can still be read: one that a search would not draw is left aside, because the model, the task or the claim has changed, or
 * somebody has written in the file.
 * @param read undefined, or an error, for one that is none of the search's
 */
export const readable = <D, T>(remembered: readonly D[], read: (description: D) => T | undefined): T[] =>
  remembered.slice(0, MOST).flatMap((description) => {
    try {
      return read(description) ?? [];
    } catch {
      return [];
    }
  });

/** Of what is remembered, the inputs that the search itself could come to: of a list its members, of an arbitrary what it can have generated. */
export function stillThere<I>(remembered: readonly Remembered[], where: Where<I>): Example<I>[] {
  const { on, model } = where;
  const texts = remembered.filter(({ value }) => typeof value === 'string').slice(0, MOST) as (Remembered & {
    readonly value: string;
  })[];
  if (texts.length === 0) return [];
  const found =
    on.size === undefined
      ? texts.flatMap((one) => drawn(one, where))
      : listed(new Set(texts.map(({ value }) => value)), on.examples(on.size, 0).inputs);
  return found.flatMap((input) => {
    try {
      return [exampleOf(input, encodeOne(on, input, model))];
    } catch {
      // whatever is wrong with it, the search will meet it by itself
      return [];
    }
  });
}

const listed = <I>(texts: ReadonlySet<string>, inputs: readonly I[]): I[] =>
  inputs.filter((input) => texts.has(inputInWords(input)));

function drawn<I>({ value: text, seed, path }: Remembered & { readonly value: string }, where: Where<I>): I[] {
  const { on, runs } = where;
  const source = arbitraryOf(on);
  const parsed = literal(text);
  try {
    // what it can shrink without having drawn it, it can have drawn
    if (source && parsed && source.canShrinkWithoutContext(parsed[0])) return [parsed[0]];
  } catch {
    // a stranger's arbitrary, asked about a stranger's value
  }
  const again = replayed(seed, path, where);
  if (again && inputInWords(again.input) === text) return [again.input];
  // the pool that it would be drawn from, where it has nothing better
  return listed(new Set([text]), on.examples(runs, where.seed).inputs).slice(0, 1);
}

/** What the arbitrary generates for a seed and a path. */
function replayed<I>(seed: unknown, path: unknown, { arbitrary, check, runs }: Where<I>): Example<I> | undefined {
  // long walks are no hint any more
  if (!Number.isInteger(seed) || typeof path !== 'string' || !/^\d{1,6}(:\d{1,4}){0,100}$/.test(path)) return undefined;
  const examples = (check.examples ?? []).map(([one]) => one);
  if (Number.parseInt(path, 10) > examples.length + Math.max(runs, check.numRuns ?? 0)) return undefined;
  try {
    const { randomType, unbiased } = check;
    return fc.sample(arbitrary, {
      ...(randomType !== undefined && { randomType }),
      ...(unbiased !== undefined && { unbiased }),
      seed: seed as number,
      path,
      examples,
      numRuns: 1,
    })[0];
  } catch {
    return undefined;
  }
}

/** An input that prints as JSON. */
function literal<I>(text: string): [I] | undefined {
  try {
    return [JSON.parse(text) as I];
  } catch {
    return undefined;
  }
}
