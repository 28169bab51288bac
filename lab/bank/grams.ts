/** The runs of five recipes as Grams up to the task's symmetries, and the distances between all of them. */
import { join } from 'node:path';
import { measures, type MeasureName } from '../../src/measure/index.js';
import { orbitAverage } from '../../src/representation/orbit-average.js';
import { pairOrbits } from '../../src/task/pair-orbits.js';
import { random } from '../../src/random.js';
import { featuresOf } from '../../src/representation/capture.js';
import { addGrams, gramOf, shuffleInputs, subsetInputs, type Gram } from '../../src/representation/gram.js';
import { runExamples } from '../../src/task/run.js';
import { renamedDistinctness as task, words } from '../calibration/tasks.js';
import { Zoo, type Recipe } from '../calibration/zoo.js';

export const recipes = ['learned', 'constant', 'sort', 'count', 'rank'] as const satisfies readonly Recipe[];

export interface Run {
  readonly recipe: (typeof recipes)[number];
  readonly number: number;
}

/** Inputs that distances are taken over; averages are over all 625. */
const MEASURED = 128;

export interface Distances {
  readonly runs: readonly Run[];
  /** all runs, and then all of them with their inputs shuffled */
  readonly data: Float64Array;
}

/**
 * @param folder of the packed models
 * @param symmetric whether representations are averaged over the task's symmetries
 */
export async function distancesOfRuns(
  folder: string,
  measure: MeasureName,
  symmetric: boolean,
  say: (line: string) => void,
): Promise<Distances> {
  const zoo = await Zoo.open(join(folder));
  const examples = task.examples(words.length, 0);
  const orbits = pairOrbits(words.length, task.relabellings(examples));
  const measured = random(0, 'measured').subset(words.length, MEASURED);
  const order = random(0, 'control').permutation(words.length);
  const seen = (gram: Gram): Gram => subsetInputs(symmetric ? orbitAverage(gram, orbits) : gram, measured);
  const runs: Run[] = [];
  const grams: Gram[] = [];
  const shuffled: Gram[] = [];
  for (const recipe of recipes) {
    for (const number of recipe === 'learned' ? zoo.needing(recipe) : zoo.numbers(recipe)) {
      const model = await zoo.model(recipe, number);
      const sites = model.representationSites;
      const { batches } = await runExamples(model, task, examples, { capture: sites });
      const gram = addGrams(
        sites.map((name) =>
          gramOf(
            featuresOf(
              model.sites.find((site) => site.name === name)!,
              batches,
              'last',
            ),
            { constant: 'zero' },
          ),
        ),
      );
      runs.push({ recipe, number });
      grams.push(seen(gram));
      shuffled.push(seen(shuffleInputs(gram, order)));
    }
    say(`${recipe}: ${runs.filter((run) => run.recipe === recipe).length} runs`);
  }
  await zoo.dispose();
  const { data } = await measures[measure].distances([...grams, ...shuffled], { seed: 0, splits: 3, distinct: true });
  return { runs, data };
}
