/** One comparison of two sets of models by their Gram matrices: the rule of `compare`, with every model a run of its own. */
import { OptionError } from '../../src/errors.js';
import type { Gram } from '../../src/representation/gram.js';
import { random } from '../../src/random.js';
import { judgeGrams, type GramEvidence } from '../../src/verdict/judge-grams.js';
import type { Cell } from './result.js';
import { codeShare, paperScore } from './statistics.js';

export interface ComparedOptions {
  readonly seed: number;
  /** share of the task's inputs that were not looked at */
  readonly undrawn: number;
  readonly signal: AbortSignal | undefined;
}

const SPLITS = 3;
const flat = (rows: readonly (readonly number[])[]): Float64Array => Float64Array.from(rows.flat());
const numbered = (side: readonly Gram[]): number[] => side.map((_, i) => i);

export type Compared = Omit<Cell, 'row' | 'column'>;

/** @param label names the comparison among those of one seed */
export async function compared(
  sides: readonly [readonly Gram[], readonly Gram[]],
  label: string,
  { seed, undrawn, signal }: ComparedOptions,
): Promise<Compared> {
  const [m1, m2] = [sides[0].length, sides[1].length];
  if (Math.min(m1, m2) < 2)
    throw new OptionError({
      what: `${label} has ${m1} and ${m2} models`,
      where: 'models',
      hint: 'give four or more of each algorithm: two for its row, two for its column',
    });
  const evidence: GramEvidence = await judgeGrams(sides, {
    policy: {},
    measures: ['ridge'],
    alsoReport: [],
    splits: SPLITS,
    seed,
    runs: [numbered(sides[0]), numbered(sides[1])],
    undrawn,
    signal,
  });
  const { judgement, distances: matrices } = evidence;
  const blocks = {
    m1,
    m2,
    within1: flat(matrices.within1),
    within2: flat(matrices.within2),
    across: flat(matrices.across),
  };
  const [first, second] = judgement.sides;
  return {
    models: [m1, m2],
    outcome: evidence.outcome,
    reason: judgement.reasons[0]!,
    congruity: judgement.congruity,
    strictScore: judgement.strictScore,
    T: [first.T.estimate, second.T.estimate],
    distances: [first.siblings.estimate, second.siblings.estimate, judgement.strangers.estimate],
    paper: paperScore(blocks, random(seed, `paper, ${label}`)),
    code: codeShare(blocks, random(seed, `code, ${label}`)),
  };
}
