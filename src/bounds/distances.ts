/** The distances that bounds are made of, with all that they may be off. */
import { measures, type MeasureName } from '../measure/index.js';
import { random } from '../random.js';
import { shuffleInputs, subsetInputs, type Gram } from '../representation/gram.js';
import type { DistanceLimits } from './core-bounds.js';

/** A distance of a metric measure is right up to this (copies come out of an arccosine or a root at 1e-7). */
const ROUNDING = 1e-6;
/** Members of each side whose distances are taken on other inputs, for the representation error. */
const REPEATED = 6;

/** One side: behaviour of the original, and its implementations. */
interface SideDistances {
  readonly behaviour: number;
  readonly drawn: readonly { readonly gram: Gram; readonly behaviour: number }[];
}

/** Every distance between members of both sides and the two controls (their centres with inputs shuffled, last), with what it may be off. */
export async function distancesOf(
  sides: readonly [SideDistances, SideDistances],
  o: {
    measure: MeasureName;
    seed: number;
    all: boolean;
    weight: number;
    /** of each side: how far an implementation may be from one that its interpretation explains exactly */
    abstraction: readonly [number, number];
    signal: AbortSignal | undefined;
  },
) {
  const grams = sides.flatMap(({ drawn }) => drawn.map(({ gram }) => gram));
  const controls = sides.map(({ drawn }, i) => {
    const { gram } = drawn[0]!;
    return gram.control ?? shuffleInputs(gram, random(o.seed, `control ${i}`).permutation(gram.n));
  });
  const measured = await measures[o.measure].distances([...grams, ...controls], {
    seed: o.seed,
    ...(o.signal && { signal: o.signal }),
  });
  const representation = o.all ? 0 : await representationError(sides, o);
  const { m: size, data, gap } = measured;
  const off = sides.flatMap(({ drawn, behaviour }) =>
    drawn.map((one) => o.weight * Math.abs(one.behaviour - behaviour)),
  );
  const eta = sides.flatMap(({ drawn }, i) => drawn.map(() => o.abstraction[i]!));
  const low = new Float64Array(size * size);
  const high = new Float64Array(size * size);
  let [numerical, behaviour, abstraction] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (i === j) continue;
      const at = i * size + j;
      const ours = (off[i] ?? 0) + (off[j] ?? 0);
      const inexact = (eta[i] ?? 0) + (eta[j] ?? 0);
      const either = ROUNDING + representation + ours + inexact;
      high[at] = data[at]! + either;
      low[at] = Math.max(0, data[at]! - (gap?.[at] ?? 0) - either);
      numerical = Math.max(numerical, ROUNDING + (gap?.[at] ?? 0));
      behaviour = Math.max(behaviour, ours);
      abstraction = Math.max(abstraction, inexact);
    }
  }
  return {
    limits: { size, low, high } satisfies DistanceLimits,
    data,
    errors: { numerical, representation, behaviour, abstraction },
  };
}

/** The largest change of a distance between a few members when it is taken on either random half of the inputs: as much as it may change on other inputs of the task. */
async function representationError(
  sides: readonly [SideDistances, SideDistances],
  { measure, seed, signal }: { measure: MeasureName; seed: number; signal: AbortSignal | undefined },
): Promise<number> {
  const grams = sides.flatMap(({ drawn }) => drawn.slice(0, REPEATED).map(({ gram }) => gram));
  const { n } = grams[0]!;
  const order = random(seed, 'halves of the inputs').permutation(n);
  const taken = async (these: readonly Gram[]): Promise<Float64Array> =>
    (await measures[measure].distances(these, { seed, ...(signal && { signal }) })).data;
  const whole = await taken(grams);
  let worst = 0;
  for (const half of [order.slice(0, n >> 1), order.slice(n >> 1)]) {
    const data = await taken(grams.map((gram) => subsetInputs(gram, half)));
    for (let at = 0; at < data.length; at++) worst = Math.max(worst, Math.abs(data[at]! - whole[at]!));
  }
  return worst;
}
