/** Finite metric spaces with everything known, for tests of bounds: two sets with probabilities in a metric space, and what is true of them by enumeration. */
import * as fc from 'fast-check';

export interface World {
  readonly kind: string;
  readonly size: number;
  /** size x size */
  readonly d: readonly (readonly number[])[];
}

const distances = (size: number, of: (i: number, j: number) => number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 0 : of(i, j))));

/** points of R^k, on a grid where ties are many or anywhere */
const points = fc.integer({ min: 1, max: 4 }).chain((k) =>
  fc
    .array(
      fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.double({ min: -5, max: 5, noNaN: true })), {
        minLength: k,
        maxLength: k,
      }),
      { minLength: 4, maxLength: 16 },
    )
    .map((all): World => ({
      kind: 'points',
      size: all.length,
      d: distances(all.length, (i, j) => Math.hypot(...all[i]!.map((v, f) => v - all[j]![f]!))),
    })),
);

/** shortest paths of a connected graph: a tree and further edges; whole lengths, so that sums are exact */
const graph = fc.integer({ min: 4, max: 14 }).chain((size) =>
  fc
    .record({
      parents: fc.tuple(
        ...Array.from({ length: size - 1 }, (_, i) =>
          fc.tuple(fc.integer({ min: 0, max: i }), fc.integer({ min: 1, max: 9 })),
        ),
      ),
      more: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1), fc.integer({ min: 1, max: 9 })), { maxLength: 10 }),
    })
    .map(({ parents, more }): World => {
      const d = distances(size, () => Infinity);
      const edge = (i: number, j: number, length: number): void => {
        if (i !== j) d[i]![j] = d[j]![i] = Math.min(d[i]![j]!, length);
      };
      parents.forEach(([parent, length], i) => edge(parent, i + 1, length));
      for (const [i, j, length] of more) edge(i, j, length);
      for (let k = 0; k < size; k++)
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) d[i]![j] = Math.min(d[i]![j]!, d[i]![k]! + d[k]![j]!);
      return { kind: more.length > 0 ? 'graph' : 'tree', size, d };
    }),
);

/** leaves of a dendrogram: the height at which two of them meet */
const ultrametric = fc.integer({ min: 2, max: 4 }).chain((depth) =>
  fc
    .record({
      heights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: depth, maxLength: depth }),
      size: fc.integer({ min: 4, max: 2 ** depth }),
    })
    .map(({ heights, size }): World => {
      const rising = heights.map((_, at) => heights.slice(0, at + 1).reduce((a, b) => a + b));
      return { kind: 'ultrametric', size, d: distances(size, (i, j) => rising[31 - Math.clz32(i ^ j)]!) };
    }),
);

const world = fc.oneof(points, graph, ultrametric);

/** A set: points of the world, each as probable as the others (named twice, twice as probable). The first is its centre, which is fixed and not drawn. */
export interface Population {
  readonly centre: number;
  readonly points: readonly number[];
}

export interface Sides {
  readonly world: World;
  readonly sides: readonly [Population, Population];
  /** for each side positions in `points`, drawn with replacement */
  readonly draws: readonly [readonly number[], readonly number[]];
}

export function sides(draws: number): fc.Arbitrary<Sides> {
  return world.chain((of) => {
    const point = fc.nat(of.size - 1);
    const population = fc.record({ centre: point, points: fc.array(point, { minLength: 1, maxLength: 20 }) });
    return fc
      .tuple(population, population)
      .chain(([a, b]) =>
        fc
          .tuple(
            ...[a, b].map(({ points: all }) =>
              fc.array(fc.nat(all.length - 1), { minLength: draws, maxLength: draws }),
            ),
          )
          .map(([x, y]): Sides => ({ world: of, sides: [a, b], draws: [x!, y!] })),
      );
  });
}

/** smallest x with P(value <= x) >= share, of equally probable values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.find((x) => sorted.filter((v) => v <= x).length >= share * sorted.length - 1e-12)!;
}

export interface Truth {
  /** of each side's core */
  readonly radii: readonly [number, number];
  readonly cores: readonly [readonly number[], readonly number[]];
  readonly diameters: readonly [number, number];
  /** the partial Hausdorff distance */
  readonly distance: number;
  /** max d - min k */
  readonly necessary: number;
}

/** By enumeration, straight from the definitions of docs/bounds.md. */
export function truth({ world: { d }, sides: [a, b] }: Pick<Sides, 'world' | 'sides'>, share: number): Truth {
  const radiusOf = ({ centre, points: all }: Population): number =>
    quantile(
      all.map((h) => d[h]![centre]!),
      share,
    );
  const coreOf = (side: Population): number[] => [
    side.centre,
    ...side.points.filter((h) => d[h]![side.centre]! <= radiusOf(side)),
  ];
  const diameterOf = (core: readonly number[]): number => Math.max(...core.flatMap((h) => core.map((g) => d[h]![g]!)));
  const directed = (from: Population, to: Population): number =>
    quantile(
      from.points.map((h) => Math.min(...coreOf(to).map((g) => d[h]![g]!))),
      share,
    );
  const strangers = (from: Population, to: Population): number =>
    quantile(
      from.points.map((h) => d[h]![to.centre]!),
      share,
    ) - radiusOf(to);
  return {
    radii: [radiusOf(a), radiusOf(b)],
    cores: [coreOf(a), coreOf(b)],
    diameters: [diameterOf(coreOf(a)), diameterOf(coreOf(b))],
    distance: Math.max(directed(a, b), directed(b, a)),
    necessary: Math.max(0, strangers(a, b), strangers(b, a)),
  };
}

/** Hausdorff distance of two finite sets. */
export function hausdorff({ d }: World, a: readonly number[], b: readonly number[]): number {
  const directed = (from: readonly number[], to: readonly number[]): number =>
    Math.max(...from.map((h) => Math.min(...to.map((g) => d[h]![g]!))));
  return Math.max(directed(a, b), directed(b, a));
}
