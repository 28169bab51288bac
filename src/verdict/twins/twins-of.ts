/** From the draws of two models by common interventions to what their twins show. */
import { measures, type Distances, type MeasureName } from '../../measure/index.js';
import type { Gram } from '../../representation/gram.js';
import { breathe } from '../../signal.js';
import { meanTwinRatio, PAIRS, TwinTest, type TwinBlock, type TwinLevels } from '../../statistics/twins.js';
import type { Levels } from '../sequential/evidence.js';
import { COSINE, decideTwins, RATIO, type TwinDecision } from './decide.js';
import type { TwinsEvidence } from './evidence.js';
import { explainTwins } from './explain.js';
import { responsesOf, unit, type Responses } from './responses.js';

/** A draw, as far as twins are concerned. */
export interface TwinSample {
  readonly gram: Gram;
  /** per site, for the first few draws */
  readonly siteGrams?: readonly Gram[] | undefined;
}

/** Draws of both sides: draw 0 is the models themselves, and draws of one number are twins. */
export type TwinSides = readonly [readonly TwinSample[], readonly TwinSample[]];

export interface TwinOptions {
  readonly measure: MeasureName;
  /** default: the measure's own */
  readonly resolution?: number | undefined;
  readonly levels: Levels;
  readonly seed: number;
  readonly splits: number;
  readonly signal?: AbortSignal | undefined;
}

/** Moved by less than this, a representation is a copy of what it was. */
export const STILL = measures.cka.resolution;

const { LN10 } = Math;

/** Two tests may say "not derived", each at half of its level; both must agree on "derived". */
const ratioLevels = ({ alpha, beta }: Levels): TwinLevels => ({ low: alpha / 2, high: beta });
const cosineLevels = ({ alpha, beta }: Levels): TwinLevels => ({ low: beta, high: alpha / 2 });

const responds = ({ moved, cosine }: Responses): boolean => cosine !== undefined && moved.some((by) => by >= STILL);

/** The running test of twins: the same limits as those of the evidence, two pairs at a time. */
export class RunningTwins {
  private readonly test: TwinTest;
  private before: readonly [Float64Array, Float64Array] | undefined;
  readonly responses: Responses[] = [];
  readonly trajectory = { near: [] as number[], far: [] as number[], alike: [] as number[], unlike: [] as number[] };

  constructor(
    private readonly levels: Levels,
    readonly resolution: number,
  ) {
    this.test = new TwinTest(resolution);
  }

  /** Pairs of twins so far. */
  get pairs(): number {
    return PAIRS * this.test.count;
  }

  /** @param sides of all that is drawn, with the block's two pairs in places `pairs + 1` and `pairs + 2` */
  observe(block: TwinBlock, sides: TwinSides): void {
    this.before ??= [unit(sides[0][0]!.gram), unit(sides[1][0]!.gram)];
    const from = 1 + this.pairs;
    const found = [from, from + 1].map((w) =>
      responsesOf(this.before!, [unit(sides[0][w]!.gram), unit(sides[1][w]!.gram)]),
    );
    this.responses.push(...found);
    const { test, trajectory } = this;
    test.observe(
      block,
      found.flatMap((one) => (responds(one) ? one.cosine! : [])),
    );
    trajectory.near.push(test.below(RATIO) / LN10);
    trajectory.far.push(test.beyond(RATIO) / LN10);
    trajectory.alike.push(test.alike(COSINE) / LN10);
    trajectory.unlike.push(test.unlike(COSINE) / LN10);
  }

  get ratio(): TwinsEvidence['ratio'] {
    return this.test.ratio(ratioLevels(this.levels));
  }

  /** Undefined where nothing responded. */
  get cosine(): TwinsEvidence['cosine'] {
    return this.responses.some(responds) ? this.test.cosine(cosineLevels(this.levels)) : undefined;
  }

  /** What the two tests that hold at any time say, whatever the mean distances. */
  get decision(): TwinDecision {
    const { ratio, cosine, pairs } = this;
    return decideTwins({ pairs, ratio, cosine, meanRatio: ratio });
  }
}

/** Distances within the block of pairs w and w + 1, among [side 1, side 2, ...] of which side 1 has `first`. */
export function twinBlock({ data, m }: Distances, first: number, w: number): TwinBlock {
  const d = (i: number, j: number): number => data[i * m + j]!;
  return {
    twins: [d(w, first + w), d(w + 1, first + w + 1)],
    siblings: [d(w, w + 1), d(first + w, first + w + 1)],
  };
}

/** Distances within the block of draws w and w + 1 alone. @throws as the measure */
export async function measureTwins(
  sides: TwinSides,
  w: number,
  { measure, seed, splits, signal }: TwinOptions,
): Promise<TwinBlock> {
  const grams = sides.flatMap((side) => [side[w]!.gram, side[w + 1]!.gram]);
  const distances = await measures[measure].distances(grams, {
    seed,
    splits,
    distinct: true,
    ...(signal && { signal }),
  });
  return twinBlock(distances, PAIRS, 0);
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The responses at each site alone, of the draws that keep their Grams per site. */
function bySite(sides: TwinSides, sites: readonly string[]): TwinsEvidence['bySite'] {
  const kept = sides[0].filter((one, w) => one.siteGrams && sides[1][w]?.siteGrams).length;
  if (kept < 2) return [];
  return sites.map((site, s) => {
    const grams = sides.map((side) => side.slice(0, kept).map(({ siteGrams }) => unit(siteGrams![s]!)));
    const before = [grams[0]![0]!, grams[1]![0]!] as const;
    const found = Array.from({ length: kept - 1 }, (_, w) =>
      responsesOf(before, [grams[0]![w + 1]!, grams[1]![w + 1]!]),
    );
    const cosines = found.flatMap((one) => (responds(one) ? one.cosine! : []));
    return {
      site,
      moved: [meanOf(found.map(({ moved }) => moved[0])), meanOf(found.map(({ moved }) => moved[1]))] as const,
      ...(cosines.length > 0 && { cosine: meanOf(cosines) }),
    };
  });
}

/**
 * What the twins among these draws show. The rule is in docs/derived.md. Draws are taken in pairs of pairs; one that is left over counts for the means only.
 * @param sides at least two draws besides the models themselves
 * @param sites in the order of the Grams per site
 * @param known distances among [side 1, side 2, ...] under this measure, seed and splits, where they are measured already
 * @throws RepresentationError, CancelledError, as the measure
 */
export async function twinsOf(
  sides: TwinSides,
  sites: readonly string[],
  options: TwinOptions,
  known?: Distances,
): Promise<TwinsEvidence> {
  const { measure, levels, seed, splits, signal } = options;
  const resolution = options.resolution ?? measures[measure].resolution;
  const first = sides[0].length;
  const pairs = first - 1;
  const distances =
    known ??
    (await measures[measure].distances(
      sides.flatMap((side) => side.map(({ gram }) => gram)),
      { seed, splits, distinct: true, ...(signal && { signal }) },
    ));
  const { data, m } = distances;
  const running = new RunningTwins(levels, resolution);
  for (let w = 1; w + 1 <= pairs; w += PAIRS) {
    await breathe(signal);
    running.observe(twinBlock(distances, first, w), sides);
  }
  const responses = [...running.responses];
  if (responses.length < pairs) {
    const of = (w: number): [Float64Array, Float64Array] => [unit(sides[0][w]!.gram), unit(sides[1][w]!.gram)];
    responses.push(responsesOf(of(0), of(pairs)));
  }
  const twins = responses.map((_, w) => data[(w + 1) * m + first + w + 1]!);
  const within = [0, first].map((from) => {
    const block = new Float64Array(pairs * pairs);
    for (let i = 0; i < pairs; i++)
      for (let j = 0; j < pairs; j++) if (i !== j) block[i * pairs + j] = data[(from + 1 + i) * m + from + 1 + j]!;
    return block;
  }) as [Float64Array, Float64Array];
  const siblings = within.map((block) =>
    Array.from(
      { length: pairs },
      (_, i) => block.subarray(i * pairs, (i + 1) * pairs).reduce((a, b) => a + b, 0) / (pairs - 1),
    ),
  ) as [number[], number[]];
  const { ratio, cosine } = running;
  const meanRatio = meanTwinRatio({ twins, within }, resolution, ratioLevels(levels));
  const { outcome, findings } = decideTwins({ pairs, ratio, meanRatio, cosine });
  return {
    outcome,
    findings,
    reasons: explainTwins(findings),
    pairs,
    measure,
    resolution,
    levels,
    ratio,
    meanRatio,
    ...(cosine && { cosine }),
    twins: meanOf(twins),
    siblings: [meanOf(siblings[0]), meanOf(siblings[1])],
    untouched: data[first]!,
    still: responses.filter((one) => !responds(one)).length,
    draws: responses.map((one, w) => ({
      distance: twins[w]!,
      siblings: [siblings[0][w]!, siblings[1][w]!] as const,
      moved: one.moved,
      ...(responds(one) && { cosine: one.cosine! }),
    })),
    trajectory: running.trajectory,
    bySite: bySite(sides, sites),
  };
}
