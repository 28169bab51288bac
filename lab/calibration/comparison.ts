/** One comparison of the calibration: our default rule, the paper's score from the same draws, and plain CKA of the two originals. */
import { isCongruityError } from '../../src/errors.js';
import { linearCka } from '../../src/measure/cka.js';
import type { Model } from '../../src/model/model.js';
import { featuresOf } from '../../src/representation/capture.js';
import { addGrams, gramOf, type Gram } from '../../src/representation/gram.js';
import { random } from '../../src/random.js';
import { runExamples } from '../../src/task/run.js';
import type { AnyTask } from '../../src/task/task.js';
import { compare } from '../../src/verdict/compare.js';
import { isSet, type ImplementationSet } from '../../src/implementations/index.js';
import { kinds } from './kinds.js';
import type { Zoo } from './zoo.js';

export { kinds };
export { Zoo } from './zoo.js';

export interface Result {
  readonly kind: string;
  readonly index: number;
  readonly seed: number;
  /** what was compared */
  readonly words: string;
  /** `refused`: an error said that nothing can be judged; its code is in `code` */
  readonly outcome: 'equivalent' | 'different' | 'undecided' | 'refused';
  readonly code: string | null;
  /** drawn of the baseline; 0 where refused */
  readonly implementations: number;
  /** the paper's score, of the same draws; null where refused */
  readonly congruity: number | null;
  /** linear CKA between the two originals' representations, in [0, 1] */
  readonly cka: number;
  /** of the comparison alone: models are in memory, and what is not our rule is left out */
  readonly seconds: number;
}

/** Seeds of different comparisons have nothing to do with each other. */
export const seedOf = (kind: string, index: number): number => random(index, `calibration ${kind}`).below(0x7fffffff);

async function gramOfModel(model: Model, task: AnyTask, inputs: number, seed: number): Promise<Gram> {
  const sites = model.representationSites;
  const { batches } = await runExamples(model, task, task.examples(inputs, seed), { capture: sites });
  return addGrams(
    sites.map((name) =>
      gramOf(
        featuresOf(
          model.sites.find((site) => site.name === name)!,
          batches,
          'last',
        ),
        { where: name, constant: 'zero' },
      ),
    ),
  );
}

/** What takes time and has no influence on the outcome is left out; everything else is the default. */
const REPORTED_ONLY = { shrink: false, alsoReport: [] } as const;

const original = (side: Model | ImplementationSet): Model => (isSet(side) ? side.original : side);

/**
 * @param inputs of the task's 625, drawn by the comparison's seed
 * @throws whatever is not a congruity error: a calibration must not count a crash as an answer
 */
export async function runComparison(zoo: Zoo, id: string, index: number, inputs: number): Promise<Result> {
  const kind = kinds.find((one) => one.id === id)!;
  const seed = seedOf(id, index);
  const { baseline, candidate, on, words, own } = await kind.draw(zoo, seed);
  const grams = [
    await gramOfModel(original(baseline), on, inputs, seed),
    await gramOfModel(original(candidate), on, inputs, seed),
  ];
  const common = { kind: id, index, seed, words, cka: (await linearCka(grams))[1]! };
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  try {
    const {
      outcome,
      judgement,
      baseline: side,
    } = await compare(baseline, candidate, { on, seed, inputs, ...REPORTED_ONLY });
    return {
      ...common,
      outcome,
      code: null,
      implementations: side.implementations.length,
      congruity: judgement.congruity.estimate,
      seconds: seconds(),
    };
  } catch (error) {
    if (!isCongruityError(error)) throw error;
    return { ...common, outcome: 'refused', code: error.code, implementations: 0, congruity: null, seconds: seconds() };
  } finally {
    for (const model of own) model.dispose();
  }
}
