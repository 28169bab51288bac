/** What each step of training is on: bases, sources, what is exchanged, and what should come out. All of it follows from the seed and the number of the step. */
import type { Tokens } from '../model/input.js';
import type { SiteChange } from '../model/interventions.js';
import type { Site } from '../model/model.js';
import { maskOf } from '../model/replacement.js';
import type { Placed, PlacedPart } from '../program/interchange/placed.js';
import { positionsIn } from '../program/interchange/places.js';
import type { InputPool } from '../program/interchange/inputs.js';
import type { Apart } from '../program/interchange/apart.js';
import { drawSet } from '../program/interchange/cases.js';
import type { Interchange, InterchangeRunner } from '../program/interchange/runner.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import { random } from '../random.js';
import { Chances } from './chances.js';
import type { PassInput, Swap } from './pass-input.js';
import type { Unit } from './units.js';

/** The blocks of rows in which something is taken from other inputs. */
export type Exchanged = 'interchange' | 'strict';

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
  readonly chances: Record<Exchanged, Chances>;
  readonly apart: Apart<T, O>;
}

/** What a row of the second block is for: which variables are exchanged in it, one or several, at all their positions or at some. */
interface Kind {
  /** undefined: several, drawn for each row */
  readonly variable: Placed | undefined;
  readonly apart: boolean;
}

/** Half of the rows exchange one variable, half several, if all are wrong alike; half at all positions, half at some. */
function kindsOf(placed: readonly Placed[]): readonly (Kind & { readonly chance: number })[] {
  const alone = placed.map((variable) => ({ variable, chance: 1 / placed.length }));
  const sets = placed.length > 1 ? [...alone, { variable: undefined, chance: 1 }] : alone;
  return [false, true].flatMap((apart) => sets.map((one) => ({ ...one, apart })));
}

/** How often each kind of row is drawn: of the second block, and of the third, where each unit is exchanged alone, or all together. */
export const chancesFor = (
  placed: readonly Placed[],
  units: readonly Unit[] | undefined,
): Record<Exchanged, Chances> => ({
  interchange: new Chances(kindsOf(placed).map(({ chance }) => chance)),
  strict: new Chances([...(units ?? []).map(() => 1 / units!.length), 1]),
});

/** Masks of one row, [...site]: 1 at a part, at all positions or at one. Kept: the same few are asked for in every step. */
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

/** What a step is on, and of each row of the second and third block which kind it is of. */
export interface Batch extends PassInput {
  readonly kinds: Record<Exchanged, readonly number[]>;
}

/** Step `step` of training. What is drawn follows from the seed, the step, and what came of the steps before. */
export function batchOf<T extends Value, O extends Value>(made: BatchMaker<T, O>, step: number): Batch {
  const { program, placed, units, sites, pool, rows, weights, chances } = made;
  const draw = random(made.seed, `step ${step}`);
  // one length at a time, each as often as inputs have it
  const { length } = pool.draw(draw);
  const drawn = (): readonly (readonly T[])[] => Array.from({ length: rows }, () => pool.draw(draw, length));
  const [sources, bases] = [drawn(), drawn()];
  const names = placed.map(({ name }) => name);
  const offsets = new Map(names.map((name) => [name, draw.below(rows)]));
  const all = kindsOf(placed);
  const kinds = bases.map(() => chances.interchange.draw(draw));
  const interchanges = bases.map((base, row): Interchange<T> => {
    const { variable, apart } = all[kinds[row]!]!;
    const set = variable === undefined ? drawSet(names, draw) : [variable.name];
    const whole = {
      base,
      sources: Object.fromEntries(set.map((name) => [name, sources[(row + offsets.get(name)!) % rows]!])),
    };
    return (apart ? made.apart.draw(whole, draw) : undefined) ?? whole;
  });
  const swaps = new Swaps(rows);
  for (const variable of placed) {
    const { name } = variable;
    const everywhere = positionsIn(variable, length);
    interchanges.forEach(({ sources: own, positions }, row) => {
      if (own[name] === undefined || everywhere?.length === 0) return;
      const apart = positions?.[name];
      variable.parts.forEach((part, i) => {
        for (const at of apart ?? [undefined]) {
          const mask = made.masks.of(`${name} ${i} ${at}`, part, length + 1, at === undefined ? everywhere : [at + 1]);
          swaps.add(part.site.name, 0, offsets.get(name)!, [row], mask);
        }
      });
    });
  }
  // each unit alone, or all together
  const exchanged = units !== undefined && units.length > 0 ? bases.map(() => chances.strict.draw(draw)) : [];
  units?.forEach(({ part }, unit) => {
    const own = exchanged.flatMap((one, row) => (one === unit || one === units.length ? [row] : []));
    if (own.length === 0) return;
    const mask = made.masks.of(
      `unit ${unit}`,
      { site: sites.get(part.site)!, at: part.at ?? {} },
      length + 1,
      undefined,
    );
    swaps.add(part.site, 1, 0, own, mask);
  });
  const classOf = new Map<Value, number>(program.outputs.map((value, i) => [value, i]));
  const expected: readonly (readonly O[])[] = [
    ...sources.map((input) => made.reference(input).output),
    ...interchanges.map((one) => made.expectedOf(one).expected),
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
  return { tokens, swaps: swaps.bySite, targets, weights: counts, kinds: { interchange: kinds, strict: exchanged } };
}
