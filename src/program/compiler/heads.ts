/** Selectors, and what is read through them, as heads. */
import { CompilationError } from '../../errors.js';
import type { Op } from '../language/op.js';
import { pointing } from '../language/print.js';
import { ROUNDING, type OneHot, type Reading } from './encoding.js';
import type { Entries, Terms, Time, Wiring } from './wiring.js';

/** A predicate of one key and one query variable: their one-hot features, and each value's class; -1 for one that never selects or is selected. */
export interface Match {
  readonly key: OneHot;
  readonly keyClass: ArrayLike<number>;
  readonly query: OneHot;
  readonly queryClass: ArrayLike<number>;
  readonly keyClasses: number;
  readonly queryClasses: number;
  /** [query classes, key classes] */
  readonly matrix: Uint8Array;
}

/** What a head looks at. */
export interface Attention {
  readonly query: Entries;
  readonly queryBias: Terms;
  readonly key: Entries;
  /** when all that it reads is there */
  readonly time: Time;
  /** the attention that the beginning gets, of w positions that are selected: mass / (mass + w) */
  readonly mass: number;
  /** bound on the relative error of the attention to each selected position */
  readonly distortion: number;
  /** bound on the attention to all that should get none */
  readonly leak: number;
  /** bound on the error of a score, in units of how far apart scores are */
  readonly blur: number;
}

/** @throws CompilationError where float32 blurs what is selected with what is not */
export function checkSharp(owner: Op, { blur }: Attention): void {
  if (!(blur < 1 / 8))
    throw new CompilationError({
      what: `float32 blurs what is selected: rounding may move scores by ${blur.toPrecision(2)} of what they are apart`,
      where: pointing(owner),
      hint: 'lower maxLength, or let the selector read fewer values',
    });
}

/**
 * Scores: `sharp` for each match that holds, so that a selected position has sharp x matches, any other `sharp` less.
 * The beginning stands half a match below what is selected, and gets the attention where nothing is: or, to count, level with it.
 * @param counting the beginning gets attention beside what is selected
 */
export function attentionOf(
  wiring: Wiring,
  matches: readonly Match[],
  positions: number,
  counting: boolean,
): Attention {
  const sharp = 2 * Math.ceil(Math.log(positions + 1) + 18);
  const query: [number, number, number][] = [];
  const key: [number, number, number][] = [];
  let dimensions = 0;
  let wobble = 0;
  for (const match of matches) {
    const byKey = match.keyClasses <= match.queryClasses;
    const held = (q: number, k: number): number => (q < 0 || k < 0 ? 0 : match.matrix[q * match.keyClasses + k]!);
    const size = byKey ? match.keyClasses : match.queryClasses;
    match.key.features.forEach((feature, value) => {
      const k = match.keyClass[value]!;
      for (let i = 0; i < size; i++) {
        const weight = byKey ? Number(k === i) : held(i, k);
        if (weight !== 0) key.push([feature, dimensions + i, weight]);
      }
    });
    match.query.features.forEach((feature, value) => {
      const q = match.queryClass[value]!;
      for (let i = 0; i < size; i++) {
        const weight = byKey ? held(q, i) : Number(q === i);
        if (weight !== 0) query.push([feature, dimensions + i, sharp * weight]);
      }
    });
    dimensions += size;
    const [k, q] = [match.key.error, match.query.error];
    wobble += sharp * (k + q + k * q);
  }
  const level = sharp * matches.length;
  if (wobble > 0) wobble += 4 * ROUNDING * sharp * (matches.length + 1);
  // of many positions one makes little difference to what is left for the beginning: it gets as much as half of them would
  const score = Math.fround(counting ? level + Math.log(Math.max(1, positions / 2)) : level - sharp / 2);
  // at the beginning nothing else has a query: it looks at itself alone
  query.push([wiring.beginning, dimensions, 4 * (level + sharp)]);
  key.push([wiring.beginning, dimensions, 1]);
  return {
    query,
    queryBias: [[dimensions, score]],
    key,
    time: Math.max(0, ...matches.flatMap((match) => [match.key.time, match.query.time])),
    mass: Math.exp(score - level),
    // exp, the sum, and the division
    distortion: Math.expm1(2 * wobble) + (positions + 16) * ROUNDING,
    leak: (positions + 1) * Math.exp(-sharp / 2 + 2 * wobble),
    blur: wobble / sharp,
  };
}

/** A head that reads numbers or one-hot features where it looks, and writes them. */
export function attend(
  wiring: Wiring,
  owner: Op,
  { query, queryBias, key, time }: Attention,
  values: readonly Reading[],
  /** what is read at the beginning, by value */
  atBeginning: readonly number[],
  features: readonly number[],
): Time {
  const block = wiring.attentionAfter(Math.max(time, ...values.map((reading) => reading.time)), owner);
  const value: [number, number, number][] = values.flatMap(({ terms }, i) =>
    terms.map(([feature, weight]): [number, number, number] => [feature, i, weight]),
  );
  /** by size of the number: what is read and written is rounded as it is in the head */
  const cancelled = new Map<number, [number, number][]>();
  atBeginning.forEach((number, i) => {
    if (number === 0) return;
    value.push([wiring.beginning, i, number]);
    const size = Math.abs(number);
    const same = cancelled.get(size) ?? [];
    cancelled.set(size, same);
    same.push([features[i]!, -Math.sign(number)]);
  });
  const at = wiring.head(block, owner, {
    query,
    queryBias,
    key,
    value,
    out: features.map((feature, i) => [i, feature, 1]),
  });
  // the beginning looks at itself, and has 0 in every feature after each block
  for (const [size, writes] of cancelled)
    wiring.neuron(block, owner, { reads: [[wiring.beginning, size]], bias: 0, writes });
  return at;
}
