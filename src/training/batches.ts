/** What each step of training is on: bases, sources, what is exchanged, and what should come out. All of it follows from the seed and the number of the step. */
import type { Tokens } from '../model/input.js';
import type { SiteChange } from '../model/interventions.js';
import type { Site } from '../model/model.js';
import { maskOf } from '../model/replacement.js';

import { positionsIn, type Placed, type PlacedPart } from '../program/interchange/places.js';
import type { InputPool } from '../program/interchange/inputs.js';
import type { InterchangeRunner } from '../program/interchange/runner.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import { random, type Random } from '../random.js';
import type { PassInput, Swap } from './pass.js';
import type { Unit } from './units.js';

/** What the three losses count. */
export interface LossWeights {
  readonly behaviour: number;
  readonly interchange: number;
  readonly strict: number;
}

export interface BatchMaker<T extends Value, O extends Value> {
  readonly program: Program<T, O>;
  readonly placed: readonly Placed[];
  /** undefined where nothing is asked of components without a variable */
  readonly units: readonly Unit[] | undefined;
  readonly sites: ReadonlyMap<string, Site>;
  readonly pool: InputPool<T>;
  /** of the program, with the variables set */
  readonly expectedOf: InterchangeRunner<T, O>['expectedOf'];
  readonly reference: InterchangeRunner<T, O>['reference'];
  readonly seed: number;
  /** rows of each block */
  readonly rows: number;
  readonly weights: LossWeights;
}

/** One of the list, or several: each with equal chance of being alone or in a set of any size. */
function drawNames(names: readonly string[], draw: Random): readonly string[] {
  if (names.length === 1 || draw.below(2) === 0) return [names[draw.below(names.length)]!];
  const size = 2 + draw.below(names.length - 1);
  return [...draw.subset(names.length, size)].map((at) => names[at]!);
}

/** 1 where these rows have the part, at these positions: [rows of the block, ...site]. */
function maskFor(
  { site, at }: Pick<PlacedPart, 'at'> & { readonly site: Site },
  rows: readonly number[],
  block: number,
  length: number,
  position: readonly number[] | undefined,
): Uint8Array {
  const shape = [block, ...site.shape.map((size) => (size === -1 ? length : size))];
  const selected = site.axes.map((axis) => (axis === 'position' ? position : at[axis]));
  const change: SiteChange = { site, shape, rows, selected, lengths: undefined, by: { kind: 'zero' } };
  return maskOf([change], shape, { from: 0, to: block })!;
}

/** The swaps of one step, by site. */
class Swaps {
  readonly bySite = new Map<string, Swap[]>();

  add(site: string, swap: Swap): void {
    const there = this.bySite.get(site);
    const same = there?.find(({ block, offset }) => block === swap.block && offset === swap.offset);
    if (same !== undefined) swap.mask.forEach((one, i) => one && (same.mask[i] = 1));
    else if (there !== undefined) there.push(swap);
    else this.bySite.set(site, [swap]);
  }
}

/** Step `step` of training. */
export function batchOf<T extends Value, O extends Value>(made: BatchMaker<T, O>, step: number): PassInput {
  const { program, placed, units, sites, pool, rows, weights } = made;
  const draw = random(made.seed, `step ${step}`);
  // as often as there are inputs of the length
  const inputs = pool.byLength.get(pool.all[draw.below(pool.all.length)]!.length)!;
  const drawn = (): readonly (readonly T[])[] => Array.from({ length: rows }, () => inputs[draw.below(inputs.length)]!);
  const [sources, bases] = [drawn(), drawn()];
  const length = bases[0]!.length;
  const names = placed.map(({ name }) => name);
  const offsets = new Map(names.map((name) => [name, draw.below(rows)]));
  const sets = bases.map(() => drawNames(names, draw));
  const swaps = new Swaps();
  for (const variable of placed) {
    const own = sets.flatMap((set, row) => (set.includes(variable.name) ? [row] : []));
    const position = positionsIn(variable, length);
    if (own.length === 0 || position?.length === 0) continue;
    for (const part of variable.parts)
      swaps.add(part.site.name, {
        block: 1,
        offset: offsets.get(variable.name)!,
        mask: maskFor(part, own, rows, length + 1, position),
      });
  }
  if (units !== undefined && units.length > 0) {
    // each alone, or all together
    const chosen = bases.map(() => (draw.below(2) === 0 ? draw.below(units.length) : -1));
    units.forEach(({ part }, unit) => {
      const own = chosen.flatMap((one, row) => (one === unit || one === -1 ? [row] : []));
      if (own.length === 0) return;
      const site = sites.get(part.site)!;
      swaps.add(part.site, {
        block: 2,
        offset: 0,
        mask: maskFor({ site, at: part.at ?? {} }, own, rows, length + 1, undefined),
      });
    });
  }
  const classOf = new Map<Value, number>(program.outputs.map((value, i) => [value, i]));
  const expected: readonly (readonly O[])[] = [
    ...sources.map((input) => made.reference(input).output),
    ...bases.map(
      (base, row) =>
        made.expectedOf({
          base,
          sources: Object.fromEntries(sets[row]!.map((name) => [name, sources[(row + offsets.get(name)!) % rows]!])),
        }).expected,
    ),
    ...bases.map((input) => made.reference(input).output),
  ];
  const targets = new Int32Array(3 * rows * (length + 1));
  const counts = new Float32Array(targets.length);
  const each = [weights.behaviour, weights.interchange, weights.strict].map((weight) => weight / (rows * length));
  expected.forEach((output, row) =>
    output.forEach((value, i) => {
      const at = row * (length + 1) + i + 1;
      targets[at] = classOf.get(value)!;
      counts[at] = each[Math.floor(row / rows)]!;
    }),
  );
  const tokens: Tokens[] = [...sources, ...bases, ...bases].map((input) => program.encode(input));
  return { tokens, swaps: swaps.bySite, targets, weights: counts };
}
