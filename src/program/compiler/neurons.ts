/** Functions as neurons. Each is 0 at the beginning, whatever stands there. */
import type { Op } from '../language/op.js';
import { valueInWords } from '../language/value.js';
import { ROUNDING, tooFine, type OneHot, type Reading, type Scalar } from './encoding.js';
import type { Terms, Wiring } from './wiring.js';

/** The next power of two: a weight that float32 has exactly. */
const above = (x: number): number => 2 ** Math.ceil(Math.log2(x));

/** What two neurons add: 0 where bias + reads <= 0, 1 where it is >= 1. */
function clamped(
  wiring: Wiring,
  block: number,
  owner: Op,
  { reads, bias, gate, writes }: { reads: Terms; bias: number; gate: number; writes: Terms },
): void {
  const gated: Terms = [...reads, [wiring.beginning, -gate]];
  wiring.neuron(block, owner, { reads: gated, bias, writes });
  wiring.neuron(block, owner, {
    reads: gated,
    bias: bias - 1,
    writes: writes.map(([feature, weight]) => [feature, -weight] as const),
  });
}

/** 1 in a feature everywhere but at the beginning. */
export function always(wiring: Wiring, block: number, owner: Op, feature: number): void {
  wiring.neuron(block, owner, { reads: [[wiring.beginning, -1]], bias: 1, writes: [[feature, 1]] });
}

/** Takes a number away where it stands. */
export function erased(wiring: Wiring, block: number, owner: Op, { features: [feature], largest }: Scalar): void {
  for (const sign of [1, -1])
    wiring.neuron(block, owner, {
      reads: [
        [feature, sign],
        [wiring.beginning, -above(2 * largest + 1)],
      ],
      bias: 0,
      writes: [[feature, -sign]],
    });
}

/**
 * A table of one-hot arguments: for each combination of their values, row-major, which of the new features is 1; -1 for none.
 * Values of one argument that lead to the same feature share a neuron.
 * @returns where and how the result stands
 */
export function lookup(
  wiring: Wiring,
  owner: Op,
  args: readonly OneHot[],
  table: ArrayLike<number>,
  features: readonly number[],
): OneHot {
  const block = wiring.mlpAfter(Math.max(0, ...args.map(({ time }) => time)), owner);
  const sizes = args.map((arg) => arg.features.length);
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((a, b) => a * b, 1));
  const combinations = sizes.reduce((a, b) => a * b, 1);
  /** by the values of the other arguments and the feature: which values of this one lead there */
  const linesAlong = (axis: number): Map<number, Map<number, number[]>> => {
    const lines = new Map<number, Map<number, number[]>>();
    for (let i = 0; i < combinations; i++) {
      const to = table[i]!;
      if (to < 0) continue;
      const value = Math.floor(i / strides[axis]!) % sizes[axis]!;
      const rest = i - value * strides[axis]!;
      const line = lines.get(rest) ?? new Map<number, number[]>();
      lines.set(rest, line);
      const there = line.get(to);
      if (there) there.push(value);
      else line.set(to, [value]);
    }
    return lines;
  };
  const neuronsIn = (lines: ReadonlyMap<number, ReadonlyMap<number, unknown>>): number => {
    let sum = 0;
    for (const line of lines.values()) sum += line.size;
    return sum;
  };
  let axis = 0;
  let lines = linesAlong(0);
  for (let other = 1; other < args.length; other++) {
    const these = linesAlong(other);
    if (neuronsIn(these) < neuronsIn(lines)) [axis, lines] = [other, these];
  }
  const all = args.length;
  let together = 1;
  for (const line of lines.values()) for (const values of line.values()) together = Math.max(together, values.length);
  const inexact = args.reduce(
    (total, { error, each }, i) => total + (i === axis ? Math.min(error, together * each) : each),
    0,
  );
  if (!(inexact < 0.2))
    throw tooFine(
      owner,
      `float32 cannot tell its arguments apart: rounding may move them by ${inexact.toPrecision(2)}`,
    );
  for (const [rest, line] of lines)
    for (const [to, values] of line) {
      const reads: [number, number][] = args.flatMap((arg, i): [number, number][] =>
        i === axis
          ? values.map((value) => [arg.features[value]!, 1])
          : [[arg.features[Math.floor(rest / strides[i]!) % sizes[i]!]!, 1]],
      );
      const writes: Terms = [[features[to]!, 1]];
      if (inexact === 0)
        wiring.neuron(block, owner, {
          reads: [...reads, [wiring.beginning, -above(all + 1)]],
          bias: 1 - all,
          writes,
        });
      // from 3/2 where all hold, and -1/2 where one does not: what is off by a little is right again
      else
        clamped(wiring, block, owner, {
          reads: reads.map(([feature]) => [feature, 2] as const),
          bias: 1.5 - 2 * all,
          gate: above(2 * all + 2),
          writes,
        });
    }
  // sums of the terms of each neuron, none of whose parts is larger than 2 all + 1, in two neurons; one pair alone is not 0
  const terms = all + together + 1;
  const error = inexact === 0 ? 0 : 2 * terms * (2 * all + 1) * ROUNDING;
  return { kind: 'one-hot', features, time: 2 * block + 2, error, each: error };
}

/**
 * A function of a number that stands in one feature: steps between neighbours that lead to different features.
 * @param to for each value of `from`, which of the new features is 1
 */
export function steps(
  wiring: Wiring,
  owner: Op,
  from: Op,
  scalar: Scalar,
  to: ArrayLike<number>,
  features: readonly number[],
): OneHot {
  const block = wiring.mlpAfter(scalar.time, owner);
  const order = scalar.codes.map((_, i) => i).toSorted((a, b) => scalar.codes[a]! - scalar.codes[b]!);
  let error = 0;
  const errors = new Map<number, number>();
  always(wiring, block, owner, features[to[order[0]!]!]!);
  for (let i = 1; i < order.length; i++) {
    const [left, right] = [order[i - 1]!, order[i]!];
    if (to[left] === to[right]) continue;
    const [a, b] = [scalar.codes[left]!, scalar.codes[right]!];
    const slope = 2 / (b - a);
    const reach = slope * (scalar.largest + Math.abs(a + b) / 2) + 1;
    const rounded = 4 * ROUNDING * reach;
    // from -1/2 on the left to 3/2 on the right
    if (!(slope * scalar.error + rounded < 0.45))
      throw tooFine(
        from,
        `float32 cannot tell ${valueInWords(from.values[left]!)} from ${valueInWords(from.values[right]!)}: they stand ${(b - a).toPrecision(2)} apart, and rounding may move them by ${(scalar.error + rounded / slope).toPrecision(2)}`,
      );
    clamped(wiring, block, owner, {
      reads: [[scalar.features[0], slope]],
      bias: 0.5 - (slope * (a + b)) / 2,
      gate: above(reach + 2),
      writes: [
        [features[to[left]!]!, -1],
        [features[to[right]!]!, 1],
      ],
    });
    error += 4 * rounded;
    for (const feature of [to[left]!, to[right]!]) errors.set(feature, (errors.get(feature) ?? 0) + 2 * rounded);
  }
  return { kind: 'one-hot', features, time: 2 * block + 2, error, each: Math.max(0, ...errors.values()) };
}

/** A sum of numbers, in one feature: relu(x) - relu(-x). */
export function sum(
  wiring: Wiring,
  owner: Op,
  readings: readonly Reading[],
  factors: readonly number[],
  feature: number,
): Scalar {
  const block = wiring.mlpAfter(Math.max(...readings.map(({ time }) => time)), owner);
  const reads = readings.flatMap(({ terms }, i) =>
    terms.map(([at, weight]): [number, number] => [at, factors[i]! * weight]),
  );
  // the same feature may be read twice: float32 then adds what is left of it
  const weights = new Map<number, number>();
  for (const [at, weight] of reads) weights.set(at, (weights.get(at) ?? 0) + weight);
  const merged = [...weights];
  const largest = readings.reduce((total, one, i) => total + Math.abs(factors[i]!) * one.largest, 0);
  for (const sign of [1, -1])
    wiring.neuron(block, owner, {
      reads: [
        ...merged.map(([at, weight]) => [at, sign * weight] as const),
        [wiring.beginning, -above(2 * largest + 1)],
      ],
      bias: 0,
      writes: [[feature, sign]],
    });
  const codes = owner.values as readonly number[];
  return {
    kind: 'number',
    features: [feature],
    codes,
    plain: true,
    time: 2 * block + 2,
    error:
      readings.reduce((total, one, i) => total + Math.abs(factors[i]!) * one.error, 0) +
      (merged.length + 2) * ROUNDING * largest,
    largest: Math.max(...codes.map(Math.abs), largest),
  };
}
