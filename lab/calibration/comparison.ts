/** One comparison of the calibration: the default verdict with all it rests on, the paper's score from the same draws, and plain CKA of the two originals. */
import { isCongruityError } from '../../src/errors.js';
import { linearCka } from '../../src/measure/cka.js';
import type { Model } from '../../src/model/model.js';
import { featuresOf } from '../../src/representation/capture.js';
import { addGrams, gramOf, type Gram } from '../../src/representation/gram.js';
import { random } from '../../src/random.js';
import { runExamples } from '../../src/task/run.js';
import type { AnyTask } from '../../src/task/task.js';
import { compare } from '../../src/verdict/compare.js';
import type { Evidence } from '../../src/verdict/evidence.js';
import { isSet, type ImplementationSet } from '../../src/implementations/index.js';
import { clusterOf, halfOf } from './clusters.js';
import { kinds } from './kinds.js';
import type { Row } from './rows.js';
import type { Zoo } from './zoo.js';

export { kinds };
export { Zoo } from './zoo.js';

export interface Result extends Omit<Row, 'by'> {
  readonly kind: string;
  readonly index: number;
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

/** What a comparison found, in the columns of the table. */
function found({ outcome, baseline, judgement, relation, twins, response }: Evidence) {
  const implementations = baseline.implementations.length;
  const apart = response && [response.untouched, ...response.roles].map(({ discrepancy }) => discrepancy.estimate);
  return {
    outcome,
    code: null,
    implementations,
    draws: implementations - 1,
    congruity: judgement.congruity.estimate,
    distances: relation?.distances ?? null,
    strongest: relation?.strongest ?? null,
    twins: twins?.outcome ?? null,
    ratio: twins?.ratio.estimate ?? null,
    cosine: twins?.cosine?.estimate ?? null,
    response: response?.outcome ?? null,
    discrepancy: apart ? Math.max(...apart) : null,
  };
}

/** Of a comparison that an error ended. */
const REFUSED = {
  outcome: 'refused',
  implementations: 0,
  draws: 0,
  congruity: null,
  distances: null,
  strongest: null,
  twins: null,
  ratio: null,
  cosine: null,
  response: null,
  discrepancy: null,
} as const;

/**
 * @param inputs of the task's 625, drawn by the comparison's seed
 * @throws whatever is not a congruity error: a calibration must not count a crash as an answer
 */
export async function runComparison(zoo: Zoo, id: string, index: number, inputs: number): Promise<Result> {
  const kind = kinds.find((one) => one.id === id)!;
  const seed = seedOf(id, index);
  const { baseline, candidate, bank, on, words, own } = await kind.draw(zoo, seed);
  const grams = [
    await gramOfModel(original(baseline), on, inputs, seed),
    await gramOfModel(original(candidate), on, inputs, seed),
  ];
  const cluster = clusterOf(words, index);
  const common = { kind: id, index, seed, words, cluster, half: halfOf(cluster), cka: (await linearCka(grams))[1]! };
  let rows = 0;
  const started = performance.now();
  // of the comparison alone: models are in memory, and what is not our rule is left out
  const cost = () => ({ rows, seconds: (performance.now() - started) / 1000 });
  try {
    const evidence = await compare(baseline, candidate, {
      on,
      seed,
      inputs,
      ...REPORTED_ONLY,
      ...(bank && { bank }),
      progress: (_, _doing, work) => (rows = work?.rows ?? rows),
    });
    return { ...common, ...found(evidence), ...cost() };
  } catch (error) {
    if (!isCongruityError(error)) throw error;
    return { ...common, ...REFUSED, code: error.code, ...cost() };
  } finally {
    for (const model of own) model.dispose();
  }
}
