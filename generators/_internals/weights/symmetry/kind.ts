/** What every kind of symmetry says of itself. */
import type { TransformerConfig } from '../../../../src/model/formats/transformer/graph/config.js';
import type { Dice } from '../arbitrary.js';
import type { Draft } from '../draft.js';

/** An elementary change as plain data. */
export interface Step {
  readonly kind: string;
}

export interface SymmetryKind<S extends Step> {
  readonly kind: S['kind'];
  /** whether a model of this architecture and with these weights allows it at all */
  offers(model: Draft): boolean;
  draw(model: Draft, dice: Dice): S;
  /** simpler steps; what is not smaller is passed over */
  simpler(step: S): Iterable<S>;
  /** elementary changes in it, and how large they are: natural numbers */
  size(step: S): readonly [count: number, magnitude: number];
  /** why it cannot be done to a model; undefined where it can */
  misfit(step: S, model: Draft): string | undefined;
  description(step: S): string;
  /** which components change places, family by family: of the kinds that keep sizes, those that do that */
  moves?(step: S, config: TransformerConfig): Moves;
  apply(draft: Draft, step: S): void;
}

/** Components of one family that change places, one exchange after the other. */
export interface Moves {
  /** `blocks.0.attn.head` */
  readonly family: string;
  readonly swaps: Swaps;
}

/** Wording of a list that may be long: the first of them, and how many there are. */
export function some(list: readonly string[], of: string): string {
  if (list.length <= 4) return list.join(', ');
  return `${list.slice(0, 3).join(', ')} and ${list.length - 3} more ${of}`;
}

export const isIndex = (i: unknown, n: number): boolean =>
  Number.isInteger(i) && (i as number) >= 0 && (i as number) < n;
export const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** Exchanges of two indices, done one after the other. */
export type Swaps = readonly (readonly [number, number])[];

/** Few exchanges, or as often those that make up a random permutation. */
export function drawSwaps(dice: Dice, n: number): Swaps {
  if (dice.coin()) {
    const [first, second] = [ordered(dice.distinct(n, 2)), ordered(dice.distinct(n, 2))];
    // twice the same would be nothing
    return dice.coin() || (first[0] === second[0] && first[1] === second[1]) ? [first] : [first, second];
  }
  const target = dice.permutation(n);
  const swaps: (readonly [number, number])[] = [];
  const now = Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n; i++) {
    const j = now.indexOf(target[i]!);
    if (j === i) continue;
    [now[i], now[j]] = [now[j]!, now[i]!];
    swaps.push([i, j]);
  }
  return swaps.length > 0 ? swaps : [[0, 1]];
}

const ordered = ([a, b]: readonly number[]): readonly [number, number] => (a! < b! ? [a!, b!] : [b!, a!]);

export const swapsMisfit = (swaps: Swaps, n: number): string | undefined =>
  swaps.length > 0 && swaps.every(([a, b]) => isIndex(a, n) && isIndex(b, n) && a !== b)
    ? undefined
    : `its exchanges are not pairs of different indices below ${n}`;

export const swapWords = (swaps: Swaps): string =>
  swaps.length === 1
    ? `${swaps[0]![0]} and ${swaps[0]![1]} exchanged`
    : `exchanged: ${some(
        swaps.map(([a, b]) => `${a} with ${b}`),
        'exchanges',
      )}`;

/** A factor for each of some indices. */
export type Factors = readonly (readonly [index: number, by: number])[];

/** Factors to choose from, the simplest first. */
export const positive = [2, 0.5, 3, 1.5, 0.25] as const;
export const signed = [...positive, -1, -2] as const;

export function drawFactors(dice: Dice, n: number, from: readonly number[]): Factors {
  const count = dice.coin() ? dice.between(1, Math.min(n, 3)) : n;
  return dice
    .distinct(n, count)
    .toSorted((a, b) => a - b)
    .map((index) => [index, dice.pick(from)] as const);
}

/** Position among the choices; beyond them for what a user wrote. */
export const ranks = (factors: Factors, from: readonly number[]): number =>
  sum(factors.map(([, by]) => (from.includes(by) ? from.indexOf(by) : from.length)));

export function* simplerFactors(factors: Factors, simplest: number): Generator<Factors> {
  for (let at = 0; at < factors.length; at++)
    if (factors[at]![1] !== simplest) yield factors.with(at, [factors[at]![0], simplest]);
}

export const factorsMisfit = (factors: Factors, n: number, allowed: (by: number) => boolean): string | undefined =>
  factors.length > 0 &&
  new Set(factors.map(([i]) => i)).size === factors.length &&
  factors.every(([i, by]) => isIndex(i, n) && Number.isFinite(by) && allowed(by))
    ? undefined
    : `its factors are not for different indices below ${n}, or not allowed here`;
