/** Whether the stated power covers what is observed on changes that were held out: lab/power.md. */
import { join } from 'node:path';
import { distinctness } from '../calibration/tasks.js';
import { Zoo, type Recipe } from '../calibration/zoo.js';
import { rankComponents } from '../../src/circuit/rank.js';
import { byIntervention } from '../../src/implementations/index.js';
import type { Model } from '../../src/model/model.js';
import { clopperPearson } from '../../src/statistics/binomial.js';
import { statedPower } from '../../src/power/stated.js';
import { compare } from '../../src/verdict/compare.js';

const INPUTS = 64;
const DRAWS = 12;

interface Row {
  readonly model: string;
  readonly kind: string;
  readonly dose: number;
  readonly kept: number;
  readonly stopped: number;
  readonly low: number;
  readonly high: number;
  readonly heldOut: number;
  readonly observed: number;
}

const print = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const header = (...names: string[]): void => {
  print(...names);
  print(...names.map(() => '---'));
};

/**
 * Power is stated from `stated` changes and held against `held` others, of another seed. The limits are right about a share; what is observed is a sample of it, so that a row counts as
 * covered if the observed share lies within the limits, widened by one change that was held out.
 */
export async function main(
  folder: string,
  settings: {
    readonly stated: number;
    readonly held: number;
    readonly models: number;
    readonly recipes: readonly Recipe[];
  },
): Promise<void> {
  const zoo = await Zoo.open(join(folder));
  const rows: Row[] = [];
  header('network', 'change', 'share of the most', 'stated', 'limits, %', 'held out');
  for (const recipe of settings.recipes)
    for (const number of zoo.numbers(recipe).slice(0, settings.models)) {
      const model = await zoo.model(recipe, number);
      const examples = distinctness.withCounterfactuals(distinctness.examples(200, 0), [model]);
      const { ranking } = await rankComponents(model, distinctness, examples, { budget: 150, rankOn: 64 });
      const set = {
        outside: ranking.filter(({ breaks }) => !breaks).map(({ component }) => component.name),
        fraction: 0.2,
      };
      const judge = async (changed: Model, seed: number): Promise<string> =>
        (
          await compare(byIntervention(model, set), changed, {
            on: distinctness,
            inputs: INPUTS,
            budget: { draws: DRAWS },
            alsoReport: [],
            measure: 'cka',
            shrink: false,
            bootstrap: 200,
            set,
            seed,
          })
        ).outcome;
      const ask = (changes: number, seed: number) =>
        statedPower({
          model,
          task: distinctness,
          examples,
          changes,
          draws: DRAWS,
          inputs: INPUTS,
          seed,
          ranking,
          judge,
        });
      const [said, seen] = [await ask(settings.stated, 1), await ask(settings.held, 2)];
      for (const [i, row] of said.rows.entries()) {
        const other = seen.rows[i]!;
        const heldOut = other.planted - other.broken;
        if (heldOut === 0 || row.planted === row.broken) continue;
        const found: Row = {
          model: `${recipe} ${number}`,
          kind: row.kind,
          dose: row.dose,
          kept: row.planted - row.broken,
          stopped: row.stopped,
          low: row.share.low,
          high: row.share.high,
          heldOut,
          observed: other.stopped,
        };
        rows.push(found);
        const limits = `${Math.round(100 * found.low)} to ${Math.round(100 * found.high)}`;
        print(
          found.model,
          found.kind,
          found.dose,
          `${found.stopped} of ${found.kept}`,
          limits,
          `${found.observed} of ${found.heldOut}`,
        );
      }
    }
  const covered = rows.filter(
    ({ low, high, observed, heldOut }) => (observed + 1) / heldOut >= low && (observed - 1) / heldOut <= high,
  ).length;
  const exactly = rows.filter(
    ({ low, high, observed, heldOut }) => observed / heldOut >= low && observed / heldOut <= high,
  ).length;
  console.log(`\n${rows.length} rows; ${exactly} within the limits, ${covered} within one change of them\n`);
  header('change', 'share of the most', 'stopped, stated', 'limits, %', 'stopped, held out');
  for (const own of Map.groupBy(rows, ({ kind, dose }) => `${kind} ${dose}`).values()) {
    const sum = (of: (row: Row) => number): number => own.reduce((all, row) => all + of(row), 0);
    const [stopped, kept] = [sum((row) => row.stopped), sum((row) => row.kept)];
    const { low, high } = clopperPearson(stopped, kept, 0.95);
    const [{ kind, dose }] = own as [Row];
    print(
      kind,
      dose,
      `${stopped} of ${kept}`,
      `${Math.round(100 * low)} to ${Math.round(100 * high)}`,
      `${sum((row) => row.observed)} of ${sum((row) => row.heldOut)}`,
    );
  }
  await zoo.dispose();
}
