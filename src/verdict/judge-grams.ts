/** From the Grams of two sets of implementations to a judgement, its bounds, and what other measures say. */
import { measures, type MeasureName } from '../measure/index.js';
import { random } from '../random.js';
import { shuffleInputs, type Gram } from '../representation/gram.js';
import { hausdorffBounds } from './bounds.js';
import { blocksOf, matricesOf, means } from './cut.js';
import type { Evidence } from './evidence.js';
import type { Blocks, Policy } from './judgement.js';
import { resolvePolicy } from './policy.js';
import { judge } from './rule.js';

export interface GramOptions {
  /** every option of the policy is its measure's default where it is left out */
  readonly policy: Partial<Policy>;
  readonly measure: MeasureName;
  readonly beside: readonly MeasureName[];
  readonly splits: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, doing: string) => void) | undefined;
}

export type GramEvidence = Pick<Evidence, 'outcome' | 'judgement' | 'measure' | 'distances' | 'beside' | 'bounds' | 'bySplit' | 'seed'>;

/** Implementations a side whose inputs are shuffled to make unrelated controls. */
const CONTROLS = 3;

/**
 * Judges two sets of Grams over the same inputs by the rule of docs/verdict.md. A resolution that is given holds for `measure`, others keep their own.
 * @throws ImplementationError for fewer than two on a side; OptionError, RepresentationError, CancelledError
 */
export async function judgeGrams(sides: readonly [readonly Gram[], readonly Gram[]], options: GramOptions): Promise<GramEvidence> {
  const { measure: name, beside, seed, splits, signal, progress } = options;
  const policyOf = (which: MeasureName): Policy =>
    resolvePolicy({ ...options.policy, resolution: (which === name ? options.policy.resolution : undefined) ?? measures[which].resolution }, 'options');
  const policy = policyOf(name);
  const [m1, m2] = [sides[0].length, sides[1].length];
  const controls = sides.map((side, i) => side.slice(0, CONTROLS).map((gram, j) => shuffleInputs(gram, random(seed, `control ${i} ${j}`).permutation(gram.n))));
  const counts = [controls[0]!.length, controls[1]!.length] as const;
  const grams = [...sides[0], ...sides[1], ...controls.flat()];
  const m = grams.length;
  const measured = async (which: MeasureName, from: number, to: number) => {
    const distances = await measures[which].distances(grams, {
      seed,
      splits,
      ...(signal && { signal }),
      progress: (done) => progress?.(from + (to - from) * done, `measuring ${which} distances`),
    });
    return { distances, blocks: blocksOf(distances.data, m, m1, m2, counts) };
  };
  const main = await measured(name, 0, 0.5);
  const judgement = judge(main.blocks, policy, seed, ['baseline', 'candidate']);
  const others = new Map<MeasureName, Blocks>();
  const besides = [...new Set(beside)].filter((other) => other !== name);
  for (const [i, other] of besides.entries()) {
    const share = (at: number): number => 0.5 + (0.4 * at) / besides.length;
    others.set(other, (await measured(other, share(i), share(i + 1))).blocks);
  }
  // the bounds need the triangle inequality
  const metric = measures[name].metric ? name : 'cka';
  const metricBlocks = metric === name ? main.blocks : (others.get(metric) ?? (await measured(metric, 0.9, 0.95)).blocks);
  const bounds = hausdorffBounds(metricBlocks);
  return {
    outcome: judgement.outcome,
    judgement,
    measure: name,
    distances: matricesOf(main.blocks),
    beside: [...others].map(([which, blocks]) => {
      const said = judge(blocks, policyOf(which), seed);
      return {
        measure: which,
        outcome: said.outcome,
        siblings: [said.sides[0].siblings.estimate, said.sides[1].siblings.estimate] as const,
        strangers: said.strangers.estimate,
        excess: [said.sides[0].excess, said.sides[1].excess] as const,
        congruity: said.congruity.estimate,
      };
    }),
    bounds: { measure: metric, necessary: bounds.lower, hausdorff: bounds.hausdorff, sufficient: bounds.upper, diameters: bounds.diameters },
    bySplit: (main.distances.bySplit ?? []).map((data) => means(data, m, m1, m2, policy.resolution).excess),
    seed,
  };
}
