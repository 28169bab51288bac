/**
 * A draw's control: the same intervention on both models, and on the second one with other components in place of those that correspond. If it does not matter which component is paired with which, the
 * three are treated alike: all have as many patched as all three tolerate.
 */
import type { Component } from '../circuit/component.js';
import { random } from '../random.js';
import type { Gram } from '../representation/gram.js';
import type { CommonSampler } from './common.js';
import type { SampleSource } from './samples.js';
import type { ComponentPair } from './common-intervention.js';
import { groupBy } from '../group-by.js';

/** Grams under as much of a draw as all three tolerate. */
export interface Mispaired {
  /** of the two models */
  readonly twins: readonly [Gram, Gram];
  /** of the second, with other components patched */
  readonly other: Gram;
  /** components that are patched */
  readonly size: number;
}

/** What draws can be made again of, with other components. */
export interface Mispairable extends Pick<CommonSampler, 'pairs' | 'interventions' | 'under' | 'drawKey' | 'keeping'> {
  readonly sides: readonly [Pick<SampleSource, 'drawn'>, Pick<SampleSource, 'drawn'>];
  readonly how: Pick<CommonSampler['how'], 'outside'>;
  /** false where it is known that the first side has no Gram with so many patched */
  has?(draw: number, size: number): boolean;
}

/** Pairs that can be paired otherwise: of one family in either model. */
const familyOf = (pair: ComponentPair): string =>
  JSON.stringify(pair.map(({ kind, site, axis }) => [kind, site, axis]));

/** Places of the pairs, by family. */
function families(pairs: readonly ComponentPair[]): number[][] {
  return [...groupBy(pairs.keys(), (at) => familyOf(pairs[at]!)).values()];
}

/** True where some component can be paired with another. */
export const canBeMispaired = (pairs: readonly ComponentPair[]): boolean =>
  families(pairs).some((family) => family.length > 1);

/** Of each pair the place of the pair whose second component takes the place of its own: a uniformly random cycle of each family, so that none keeps its own and each may get any other. */
export function mispairing(pairs: readonly ComponentPair[], seed: number): number[] {
  const stream = random(seed, 'mispairing');
  const to = pairs.map((_, at) => at);
  for (const family of families(pairs)) {
    const cycle = Array.from(stream.permutation(family.length), (i) => family[i]!);
    cycle.forEach((at, i) => (to[at] = cycle[(i + 1) % cycle.length]!));
  }
  return to;
}

/**
 * The control of a draw. Tried are half of all components and, as long as one of the three does not tolerate it, half of that: sizes that do not depend on the pairing, of which the largest is taken that
 * all three tolerate. A draw of a fixed share of the components is taken as it is.
 * @returns undefined where there is none that says anything
 * @throws RepresentationError, CancelledError
 */
export async function mispaired(sampler: Mispairable, draw: number): Promise<Mispaired | undefined> {
  const { pairs, how } = sampler;
  const { pairs: order, seed } = sampler.interventions[draw]!;
  const to = mispairing(pairs, seed);
  const grows = how.outside === 'grow';
  const sizes: number[] = [];
  for (let size = grows ? pairs.length >> 1 : order.length; size > 0; size = grows ? size >> 1 : 0) {
    const [own, other] = [new Set(order.slice(0, size)), order.slice(0, size).map((at) => to[at]!)];
    if (size <= order.length && other.some((at) => !own.has(at)) && sampler.has?.(draw, size) !== false)
      sizes.push(size);
  }
  if (sizes.length === 0) return undefined;
  const most = order.slice(0, sizes[0]);
  const [first, second, others] = [
    most.map((at) => pairs[at]![0]),
    most.map((at) => pairs[at]![1]),
    most.map((at) => pairs[to[at]!]![1]),
  ] as [Component[], Component[], Component[]];
  const candidate = await sampler.under(1, draw, [...second, ...others]);
  let baseline: Awaited<ReturnType<CommonSampler['under']>> | undefined;
  for (const size of sizes) {
    const other = await candidate(others.slice(0, size));
    const twin = other && (await candidate(second.slice(0, size)));
    if (!twin) continue;
    baseline ??= await sampler.under(0, draw, first);
    const itself = await baseline(first.slice(0, size));
    if (itself) return { twins: [itself, twin], other, size };
  }
  return undefined;
}
