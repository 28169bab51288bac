/** One comparison of two models. */
import { cacheOf, type CacheOption } from '../../src/cache/options.js';
import type { Model } from '../../src/model/model.js';
import { respondAlike } from '../../src/response/respond-alike.js';
import { rolesOf } from '../../src/response/roles.js';
import { clock } from '../../src/signal.js';
import type { Task } from '../../src/task/task.js';
import { compare } from '../../src/verdict/compare.js';
import { countedRows } from './counted-rows.js';
import type { Prompt } from './prompts.js';
import type { PairResult } from './result.js';

export interface PairOptions {
  readonly task: Task<Prompt>;
  /** the same task with crossed prompts as counterfactuals: they show what flipped ones do not */
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

/** Prompts, at most, that a part is replaced on. */
const RESPONSES = 128;
/** Rate of saying "unlike" of models that respond alike, over all parts together. */
const ALPHA = 0.05;

type Response = PairResult['response'];

/** Part by part: one that differs does not end what is found out about another. */
async function responses(
  models: readonly [Model, Model],
  { others, answers, inputs, seed, cache, signal }: PairOptions,
): Promise<Response> {
  const all = rolesOf(models, undefined);
  const roles: Response['roles'] = [];
  let untouched = 0;
  for (const { name, places } of all) {
    const [{ site: baseline, at }, { site: candidate }] = places;
    const found = await respondAlike(
      ...models,
      {
        on: others,
        answers,
        seed,
        inputs,
        roles: [{ baseline, candidate, at, name }],
        alpha: ALPHA / all.length,
        budget: { draws: RESPONSES },
        signal,
      },
      cacheOf(cache),
    );
    untouched = Math.max(untouched, found.untouched.discrepancy.estimate);
    const [role] = found.roles;
    roles.push({
      role: name,
      outcome: role!.is,
      moves: role!.effect.estimate > found.margin,
      discrepancy: role!.discrepancy,
      effect: role!.effect.estimate,
    });
  }
  const outcome = roles.some((one) => one.outcome === 'unlike')
    ? 'unlike'
    : roles.every((one) => one.outcome === 'alike') && roles.some(({ moves }) => moves)
      ? 'alike'
      : 'undecided';
  return { outcome, untouched, roles };
}

export async function comparedPair(
  models: readonly [Model, Model],
  options: PairOptions,
): Promise<Omit<PairResult, 'row' | 'column' | 'code' | 'cka' | 'sites' | 'kinds'>> {
  const { task, inputs, draws, seed, cache, signal, progress } = options;
  const started = clock();
  const evidence = await compare(...models, {
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
  const { found: response, rows } = await countedRows(signal, (own) => responses(models, { ...options, signal: own }));
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
    response,
    rows: evidence.rows.computed + rows,
    seconds: (clock() - started) / 1000,
  };
}
