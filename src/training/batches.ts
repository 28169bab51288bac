/** What each step of training is on: bases, sources, what is exchanged, and what should come out. All of it follows from the seed and the number of the step. */
import type { Tokens } from '../model/input.js';
import type { SiteChange } from '../model/interventions.js';
import type { Site } from '../model/model.js';
import { maskOf } from '../model/replacement.js';
import type { Placed, PlacedPart } from '../program/interchange/placed.js';
import { positionsIn } from '../program/interchange/places.js';
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
  readonly masks: RowMasks;
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

/** Masks of one row, [...site]: 1 at a part, at some positions. Kept: the same few are asked for in every step. */
export class RowMasks {
  private readonly known = new Map<string, Uint8Array>();

  /** @param key says which part, of those that this was asked for */
  of(
    key: string,
    { site, at }: Pick<PlacedPart, 'site' | 'at'>,
    positions: number,
    position: readonly number[] | undefined,
  ): Uint8Array {
    const full = `${key} ${positions}`;
    const known = this.known.get(full);
    if (known !== undefined) return known;
    const shape = [1, ...site.shape.map((size) => (size === -1 ? positions : size))];
    const selected = site.axes.map((axis) => (axis === 'position' ? position : at[axis]));
    const change: SiteChange = { site, shape, rows: [0], selected, lengths: undefined, by: { kind: 'zero' } };
    const mask = maskOf([change], shape, { from: 0, to: 1 })!;
    this.known.set(full, mask);
    return mask;
  }
}

/** The swaps of one step, by site. */
class Swaps {
  readonly bySite = new Map<string, Swap[]>();

  constructor(private readonly rows: number) {}

  /**
   * @param block 0: bases whose variables are exchanged, 1: bases whose other components are
   * @param mask of one row
   */
  add(site: string, block: 0 | 1, offset: number, rows: readonly number[], mask: Uint8Array): void {
    const there = this.bySite.get(site) ?? [];
    this.bySite.set(site, there);
    // the second block takes from sources without an offset whatever the first one's is
    let swap = block === 0 ? there.find((one) => one.offset === offset) : there[0];
    if (swap === undefined) {
      swap = { offset, mask: new Uint8Array(2 * this.rows * mask.length) };
      there.push(swap);
    }
    for (const row of rows) {
      const own = swap.mask.subarray(
        (block * this.rows + row) * mask.length,
        (block * this.rows + row + 1) * mask.length,
      );
      for (let i = 0; i < mask.length; i++) own[i]! |= mask[i]!;
    }
  }
}

/** Step `step` of training. */
export function batchOf<T extends Value, O extends Value>(made: BatchMaker<T, O>, step: number): PassInput {
  const { program, placed, units, sites, pool, rows, weights } = made;
  const draw = random(made.seed, `step ${step}`);
  // one length at a time, each as often as inputs have it
  const { length } = pool.draw(draw);
  const drawn = (): readonly (readonly T[])[] => Array.from({ length: rows }, () => pool.draw(draw, length));
  const [sources, bases] = [drawn(), drawn()];
  const names = placed.map(({ name }) => name);
  const offsets = new Map(names.map((name) => [name, draw.below(rows)]));
  const sets = bases.map(() => drawNames(names, draw));
  const swaps = new Swaps(rows);
  for (const variable of placed) {
    const own = sets.flatMap((set, row) => (set.includes(variable.name) ? [row] : []));
    const position = positionsIn(variable, length);
    if (own.length === 0 || position?.length === 0) continue;
    variable.parts.forEach((part, i) => {
      const mask = made.masks.of(`${variable.name} ${i}`, part, length + 1, position);
      swaps.add(part.site.name, 0, offsets.get(variable.name)!, own, mask);
    });
  }
  if (units !== undefined && units.length > 0) {
    // each alone, or all together
    const chosen = bases.map(() => (draw.below(2) === 0 ? draw.below(units.length) : -1));
    units.forEach(({ part }, unit) => {
      const own = chosen.flatMap((one, row) => (one === unit || one === -1 ? [row] : []));
      if (own.length === 0) return;
      const mask = made.masks.of(
        `unit ${unit}`,
        { site: sites.get(part.site)!, at: part.at ?? {} },
        length + 1,
        undefined,
      );
      swaps.add(part.site, 1, 0, own, mask);
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
