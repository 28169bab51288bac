/** What a verdict follows from: for a comparison in which nothing changed, whose verdict is kept (docs/cache.md). */
import type * as z from 'zod';
import { bankOf } from '../bank/options.js';
import { fingerprintsOf } from '../bank/run.js';
import { recordedOf } from '../fingerprint/recorded.js';
import type { ImplementationSet } from '../implementations/index.js';
import type { ComparedInputs } from '../implementations/inputs.js';
import { commonKey } from '../implementations/sampling.js';
import { environmentOf, modelEvidence } from '../model/evidence.js';
import type { Model } from '../model/model.js';
import { sameTokens } from '../response/answers.js';
import { inputsOf } from '../response/responding.js';
import { madeByChance } from '../task/counterfactuals.js';
import { taskEvidence } from '../task/evidence.js';
import { drawingKey } from '../task/run-key.js';
import type { compareSchema } from './compare-options.js';
import { responseInputs } from './relation/measure.js';

export interface VerdictQuestion {
  readonly sets: readonly [ImplementationSet, ImplementationSet];
  /** of a bank */
  readonly banked: readonly ImplementationSet[];
  readonly given: z.infer<typeof compareSchema>;
  readonly compared: ComparedInputs;
}

/** Those that are at hand. */
const modelsOf = (sets: readonly ImplementationSet[]): readonly Model[] => [
  ...new Set(sets.flatMap((set) => (recordedOf(set) ? [] : (set.models ?? [set.original])))),
];

/** All that a verdict and its evidence follow from; undefined where nobody can say, and where it depends on the machine's speed. */
export function verdictKey({ sets, banked, given, compared }: VerdictQuestion): readonly unknown[] | undefined {
  const {
    on: task,
    seed,
    budget,
    bank,
    power: _1,
    cache: _2,
    signal: _3,
    progress: _4,
    maxSeconds: _5,
    workers: _6,
    ...rest
  } = given;
  if (budget.seconds !== undefined) return undefined;
  const { examples, n, notes } = compared;
  const all = [...sets, ...banked];
  const models = modelsOf(all);
  const drawn = all.map((set) => set.identity?.((model) => drawingKey(model, task, examples)));
  // responses have inputs of their own
  const others = [inputsOf(task, seed), responseInputs(task, n, seed)] as const;
  const runs = models.flatMap((model) => others.map((some) => drawingKey(model, task, some)));
  if ([...drawn, ...runs].includes(undefined)) return undefined;
  return [
    drawn,
    runs,
    // how inputs, models and tasks are named
    [examples.inputs, others[0].inputs],
    [sets.map(({ description }) => description), models.map(modelEvidence), environmentOf(models)],
    taskEvidence(task, n, notes),
    // what counts as the same answer of both
    sameTokens(sets[0].original.tokenizer, sets[1].original.tokenizer),
    task.relabellings(examples),
    [seed, budget.draws, n],
    commonKey(sets, given.common),
    bank === undefined || bank === 'copies' || Array.isArray(bank) ? [bank === 'copies'] : withoutModels(bank),
    bank === undefined ? [] : fingerprintsOf(bankOf(bank)).map(({ digest }) => digest),
    rest,
  ];
}

/** Its models are among the sets. */
const withoutModels = (bank: object): readonly unknown[] =>
  Object.entries(bank).map(([key, value]) => [key, Array.isArray(value) ? value.length : value]);

/** Why what a comparison computes cannot be kept, or not all of it: undefined where it can. */
export function unkept({ sets, banked, given, compared }: VerdictQuestion): string | undefined {
  const { on: task, budget } = given;
  const all = [...sets, ...banked];
  const nameless = modelsOf(all).find(({ identity }) => identity === undefined);
  if (nameless)
    return `nothing is kept of ${nameless.name}: ${
      nameless.kind === 'function' ? 'the function has no `identity`' : 'nobody can say what it computes'
    }`;
  const [model] = modelsOf(all) as [Model];
  if (task.identity?.(compared.examples, model) === undefined)
    return `nothing is kept on "${task.name}": ${
      task.behaviour.identity ? 'nobody can say what its score depends on' : 'its behaviour has no `identity`'
    }`;
  if (budget.seconds !== undefined)
    return 'the verdict is not kept: budget.seconds makes it depend on the speed of the machine';
  if (madeByChance(task))
    return `the verdict is not kept, but what it is drawn from: "${task.name}" makes counterfactuals by a function of random numbers`;
  const strange = all.find((set) => set.identity?.((of) => drawingKey(of, task, compared.examples)) === undefined);
  if (strange) return `the verdict is not kept: nobody can say what draws of ${strange.description} follow from`;
  return verdictKey({ sets, banked, given, compared }) === undefined ? 'the verdict is not kept' : undefined;
}
