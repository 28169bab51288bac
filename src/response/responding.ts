/** What a comparison of responses consists of: two models, the roles they have in common, and the inputs. */
import { namedSites, referencesOf } from '../circuit/references.js';
import { requireModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { Answers } from './answers.js';
import type { CheckedRespondOptions } from './options.js';
import type { PairedInput, PairSource } from './pairs.js';
import { rolesOf, type Role } from './roles.js';
import type { ReplacedBy, TakenAnswers } from './runner.js';

/** A finite task of at most so many inputs is drawn from whole; any other is stood for by fewer. */
const LISTED = 10_000;
const POOL = 1000;

/** The inputs that pairs are drawn from. */
export const inputsOf = (task: AnyTask, seed: number): AnyExamples =>
  task.size !== undefined && task.size <= LISTED ? task.examples(task.size, 0) : task.examples(POOL, seed);

/** What a comparison of responses consists of, for what goes on with it. */
export interface Responding {
  readonly models: readonly [Model, Model];
  readonly roles: readonly Role[];
  readonly by: readonly ReplacedBy[];
  readonly examples: AnyExamples;
  readonly answers: Pick<Answers<unknown>, 'of' | 'check' | 'key'>;
  /**
   * of models that are not at hand: their answers, and what tells the baseline's from others. Another model stands in for such a one, which takes the same inputs; where there is none, pairs are given
   */
  readonly taken?:
    | {
        readonly answers: readonly [TakenAnswers<unknown>, TakenAnswers<unknown> | undefined];
        readonly digest: string;
        readonly pairs?: PairSource | undefined;
      }
    | undefined;
}

/** @throws what `respondAlike` throws for its options */
export function responding(baseline: unknown, candidate: unknown, options: CheckedRespondOptions): Responding {
  const models = [
    requireModel(baseline, 'the baseline', 'respondAlike'),
    requireModel(candidate, 'the candidate', 'respondAlike'),
  ] as const;
  const { on, by, inputs, seed } = options;
  return {
    models,
    roles: rolesOf(models, options.roles),
    by: [...new Set(typeof by === 'string' ? [by] : by)],
    examples: on.examples(inputs, seed),
    answers: new Answers(models, on, options.answers),
  };
}

/** False for an input whose mean would leave a part of it as it is, at some role. */
export function servedBy(
  { models, roles, examples }: Pick<Responding, 'models' | 'roles' | 'examples'>,
  on: AnyTask,
): (input: PairedInput<unknown>) => boolean {
  const each = ([0, 1] as const).map((side) => ({
    side,
    references: referencesOf(models[side], on, examples),
    sites: namedSites(
      models[side],
      roles.map(({ places }) => places[side].site),
    ),
  }));
  return ({ encoded }) => each.every(({ side, references, sites }) => !references.alone(encoded[side], sites));
}
