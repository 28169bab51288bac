/** One comparison of two models. */
import { cacheOf, type CacheOption } from '../../src/cache/options.js';
import type { Model } from '../../src/model/model.js';
import { respondAlike } from '../../src/response/respond-alike.js';
import { clock } from '../../src/signal.js';
import type { Task } from '../../src/task/task.js';
import { compare } from '../../src/verdict/compare.js';
import type { Prompt } from './prompts.js';
import type { PairResult } from './result.js';

export interface PairOptions {
  readonly task: Task<Prompt>;
  /** the same task, whose counterfactuals are other prompts: names from elsewhere show what flipped ones do not */
  readonly others: Task<Prompt>;
  /** answers whose probabilities are compared, as texts of one token */
  readonly answers: readonly string[];
  readonly inputs: number;
  readonly draws: number;
  readonly seed: number;
  readonly cache: CacheOption;
  readonly signal: AbortSignal | undefined;
  readonly progress: (done: number, doing: string) => void;
}

/** Pairs of prompts, at most, that a role is replaced on. */
export const RESPONSES = 128;

export async function comparedPair(
  [a, b]: readonly [Model, Model],
  { task, others, answers, inputs, draws, seed, cache, signal, progress }: PairOptions,
): Promise<Omit<PairResult, 'row' | 'column' | 'code' | 'cka' | 'sites' | 'kinds'>> {
  const started = clock();
  const evidence = await compare(a, b, {
    on: task,
    inputs,
    seed,
    budget: { draws },
    // no head of one training run is another's: every model is drawn by itself, in all pairs alike
    common: false,
    shrink: false,
    cache,
    signal,
    progress: (done, doing) => progress(0.8 * done, doing),
  });
  progress(0.8, 'replacing the same parts in both models');
  const response = await respondAlike(
    a,
    b,
    { on: others, answers, seed, inputs, budget: { draws: RESPONSES }, signal },
    cacheOf(cache),
  );
  const { judgement, relation } = evidence;
  const [first, second] = judgement.sides;
  return {
    outcome: evidence.outcome,
    reason: judgement.reasons[0] ?? '',
    congruity: judgement.congruity,
    distances: [first.siblings.estimate, second.siblings.estimate, judgement.strangers.estimate],
    excess: [first.excess, second.excess],
    draws: [evidence.baseline.implementations.length - 1, evidence.candidate.implementations.length - 1],
    relation:
      relation === undefined || relation.strongest === 'behaves alike'
        ? response.outcome === 'alike'
          ? 'responds alike'
          : 'behaves alike'
        : relation.strongest,
    response: {
      outcome: response.outcome,
      untouched: response.untouched.discrepancy.estimate,
      roles: response.roles.map(({ role, discrepancy, effect, is }) => ({
        role,
        discrepancy,
        effect: effect.estimate,
        is,
      })),
    },
    rows: evidence.rows.computed + response.rows,
    seconds: (clock() - started) / 1000,
  };
}
