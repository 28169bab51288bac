/** Generative models: how two sets of implementations lie in a representation space, with a known true excess. */
import { random, type Random } from '../../src/random.js';
import type { Blocks } from '../../src/statistics/judgement.js';

export interface World {
  readonly name: string;
  readonly says: string;
  readonly dimension: number;
  /** a point of side 0 or 1; `index` 0 is the original model */
  point(random: Random, side: number, index: number, out: Float64Array): void;
  /** where the sets' own centres are random: draws them, and returns the `point` of one comparison */
  fresh?(random: Random): World['point'];
  /** of a Euclidean distance */
  squash(distance: number): number;
  /** number of kinds of member: 2 where the original differs from its siblings */
  readonly kinds: 1 | 2;
  /** the two sides have the same spread, so that "excess" is one number */
  readonly level: boolean;
  /** member i of one side and member i of the other are twins; then `fresh` makes them */
  readonly paired?: boolean;
}

function gaussian(random: Random, out: Float64Array, scale: number): void {
  for (let f = 0; f < out.length; f++) out[f] = scale * random.normal();
}

const identity = (d: number): number => d;

function iid(dimension: number): World {
  return {
    name: `gauss-${dimension}`,
    says: `independent Gaussian points in ${dimension} dimensions`,
    dimension,
    point: (r, _side, _index, out) => gaussian(r, out, 1),
    squash: identity,
    kinds: 1,
    level: true,
  };
}

function tight(scale: number): World {
  return {
    ...iid(10),
    name: `tight-${scale}`,
    says: `side 2 has ${scale} of side 1's spread, 10 dimensions`,
    point: (r, side, _i, out) => gaussian(r, out, side === 0 ? 1 : scale),
    level: false,
  };
}

const centres = [0, 1, 2].map((c) => {
  const r = random(7, `centre ${c}`);
  return Float64Array.from({ length: 10 }, () => 2 * r.normal());
});

export const worlds: readonly World[] = [
  iid(2),
  iid(10),
  iid(200),
  {
    ...iid(50),
    name: 'star',
    says: 'the original at the centre, siblings around it, 50 dimensions',
    kinds: 2,
    point: (r, _s, index, out) => gaussian(r, out, index === 0 ? 0 : 1),
  },
  {
    ...iid(10),
    name: 'clusters',
    says: 'a mixture of 3 far clusters (the same three on both sides), 10 dimensions',
    point: (r, _s, _i, out) => {
      const centre = centres[r.below(3)]!;
      gaussian(r, out, 1);
      for (let f = 0; f < out.length; f++) out[f]! += centre[f]!;
    },
  },
  {
    ...iid(10),
    name: 'heavy-t3',
    says: 'multivariate t with 3 degrees of freedom, 10 dimensions',
    point: (r, _s, _i, out) => {
      const chi = r.normal() ** 2 + r.normal() ** 2 + r.normal() ** 2;
      gaussian(r, out, Math.sqrt(3 / chi));
    },
  },
  {
    ...iid(10),
    name: 'saturated',
    says: 'Gaussian, 10 dimensions, distances squashed into [0, 1] as sqrt(1 - R2) is (siblings about 0.2)',
    point: (r, _s, _i, out) => gaussian(r, out, 0.047),
    squash: (d) => d / Math.sqrt(1 + d * d),
  },
];

/** Neither equivalent nor different: one set is tight inside a broad one. */
export const tightWorlds: readonly World[] = [tight(0.5), tight(0.2)];

function hidden(share: number, says: string): World {
  return {
    ...iid(200),
    name: `hidden-${says}`,
    says: `200 dimensions; ${says} of side 2 is of a kind that side 1 lacks, four times as far`,
    point: (r, side, _i, out) => {
      const odd = r.unit() < share;
      gaussian(r, out, 1);
      if (side === 1 && odd) out[0]! += 20 * Math.sqrt(15);
    },
    level: false,
  };
}

/** Not equivalent, but few draws may not show it. */
export const hiddenWorlds: readonly World[] = [hidden(1 / 3, 'a third'), hidden(1 / 5, 'a fifth')];

/** Independent Gaussian points, side 2 of another breadth. */
export function broad(dimension: number, breadth: number): World {
  return {
    ...iid(dimension),
    name: `gauss-${dimension}, breadth ${breadth.toFixed(2)}`,
    says: `side 2 has ${breadth} of side 1's spread, ${dimension} dimensions`,
    point: (r, side, _i, out) => gaussian(r, out, side === 0 ? 1 : breadth),
    level: false,
  };
}

/** The same with heavy tails. */
export function heavy(breadth: number): World {
  return {
    ...iid(10),
    name: `heavy-t3, breadth ${breadth.toFixed(2)}`,
    says: `multivariate t with 3 degrees of freedom, side 2 of ${breadth} of side 1's spread`,
    point: (r, side, _i, out) => {
      const chi = r.normal() ** 2 + r.normal() ** 2 + r.normal() ** 2;
      gaussian(r, out, (side === 0 ? 1 : breadth) * Math.sqrt(3 / chi));
    },
    level: false,
  };
}

/** Common interventions: member i of side 2 is correlated with member i of side 1, and with no other. */
export function twins(dimension: number, breadth: number, correlation: number): World {
  const apart = broad(dimension, breadth);
  return {
    ...apart,
    name: `twins, correlation ${correlation}, ${apart.name}`,
    says: `${apart.says}, twins correlated by ${correlation}`,
    paired: true,
    // side 1 is drawn first
    fresh: () => {
      const first: Float64Array[] = [];
      return (r, side, index, out) => {
        gaussian(r, out, 1);
        if (side === 0) first[index] = out.slice();
        else
          for (let f = 0; f < out.length; f++)
            out[f] = breadth * (correlation * first[index]![f]! + Math.sqrt(1 - correlation ** 2) * out[f]!);
      };
    },
  };
}

/** Both sides are unions of `runs` training runs that were drawn afresh for each comparison from one population. */
export function runs(count: number): World {
  return {
    ...iid(10),
    name: `${count} runs`,
    says: `both sides are unions of ${count} random runs of one population, 10 dimensions, runs 2.2 times as far as siblings of one run`,
    fresh: (r) => {
      const centres = [0, 1].map(() =>
        Array.from({ length: count }, () => Float64Array.from({ length: 10 }, () => 2 * r.normal())),
      );
      return (rr, side, index, out) => {
        gaussian(rr, out, 1);
        const centre = centres[side]![index % count]!;
        for (let f = 0; f < out.length; f++) out[f]! += centre[f]!;
      };
    },
    level: false,
  };
}

/** Means over many pairs, so that a shift can be chosen for a wanted excess. */
interface Pairs {
  readonly squared: Float64Array;
  /** difference along the first axis, the direction of the shift */
  readonly along: Float64Array;
}

function drawPairs(world: World, sides: [number, number], kinds: [number, number], count: number): Pairs {
  const r = random(20_261_122, `pairs ${world.name} ${sides} ${kinds}`);
  const a = new Float64Array(world.dimension);
  const b = new Float64Array(world.dimension);
  const squared = new Float64Array(count);
  const along = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    world.point(r, sides[0], kinds[0], a);
    world.point(r, sides[1], kinds[1], b);
    let sum = 0;
    for (let f = 0; f < a.length; f++) sum += (a[f]! - b[f]!) ** 2;
    squared[n] = sum;
    along[n] = a[0]! - b[0]!;
  }
  return { squared, along };
}

function meanShifted(world: World, { squared, along }: Pairs, shift: number): number {
  let sum = 0;
  for (let n = 0; n < squared.length; n++)
    sum += world.squash(Math.sqrt(Math.max(0, squared[n]! - 2 * shift * along[n]! + shift * shift)));
  return sum / squared.length;
}

/** The expected distances of a world at a given number of implementations a side. */
export class Truth {
  private readonly within: number[][] = [];
  private readonly across: { weight: (m: number) => number; pairs: Pairs }[] = [];

  constructor(
    private readonly world: World,
    count: number,
  ) {
    for (const side of [0, 1]) {
      const means: number[] = [meanShifted(world, drawPairs(world, [side, side], [1, 1], count), 0)];
      if (world.kinds === 2) means.push(meanShifted(world, drawPairs(world, [side, side], [0, 1], count), 0));
      this.within.push(means);
    }
    if (world.kinds === 1) this.across.push({ weight: () => 1, pairs: drawPairs(world, [0, 1], [1, 1], count) });
    else {
      this.across.push({ weight: (m) => ((m - 1) / m) ** 2, pairs: drawPairs(world, [0, 1], [1, 1], count) });
      this.across.push({ weight: (m) => (2 * (m - 1)) / (m * m), pairs: drawPairs(world, [0, 1], [0, 1], count) });
      this.across.push({ weight: (m) => 1 / (m * m), pairs: drawPairs(world, [0, 1], [0, 0], 1) });
    }
  }

  siblings(side: number, m: number): number {
    const [plain, original] = this.within[side]!;
    return original === undefined ? plain! : ((m - 2) / m) * plain! + (2 / m) * original;
  }

  strangers(m: number, shift: number): number {
    return this.across.reduce((sum, { weight, pairs }) => sum + weight(m) * meanShifted(this.world, pairs, shift), 0);
  }

  excess(side: number, m: number, shift: number): number {
    return this.strangers(m, shift) / this.siblings(side, m) - 1;
  }

  /** The shift of side 2's mean that makes the true excess (over the tighter side) what is wanted. */
  shiftFor(excess: number, m: number): number {
    if (excess === 0) return 0;
    let low = 0;
    let high = 1;
    while (this.excess(0, m, high) < excess && high < 1e9) high *= 2;
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (this.excess(0, m, middle) < excess) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }
}

/** One draw of m implementations a side, or m and m2. */
export function draw(world: World, m: number, shift: number, r: Random, m2 = m): Blocks {
  const point = world.fresh?.(r) ?? world.point;
  const sides = [0, 1].map((side) =>
    Array.from({ length: side === 0 ? m : m2 }, (_, index) => {
      const out = new Float64Array(world.dimension);
      point(r, side, index, out);
      if (side === 1) out[0]! += shift;
      return out;
    }),
  );
  const distances = (a: Float64Array[], b: Float64Array[]): Float64Array => {
    const data = new Float64Array(a.length * b.length);
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j < b.length; j++) {
        if (a === b && j <= i) {
          data[i * b.length + j] = i === j ? 0 : data[j * b.length + i]!;
          continue;
        }
        let sum = 0;
        for (let f = 0; f < world.dimension; f++) sum += (a[i]![f]! - b[j]![f]!) ** 2;
        data[i * b.length + j] = world.squash(Math.sqrt(sum));
      }
    }
    return data;
  };
  return {
    m1: m,
    m2,
    within1: distances(sides[0]!, sides[0]!),
    within2: distances(sides[1]!, sides[1]!),
    across: distances(sides[0]!, sides[1]!),
    ...(world.paired && { paired: true }),
  };
}
