/** Whether the stated power covers what is observed on changes that were held out: lab/power.md. */
import { distinctness } from '../calibration/tasks.js';
import { Zoo, type Recipe } from '../calibration/zoo.js';
import { groupBy } from '../../src/group-by.js';
import type { Model } from '../../src/model/model.js';
import type { PowerRow } from '../../src/power/evidence.js';
import { atLeast, atMost, clopperPearson } from '../../src/statistics/binomial.js';
import { compare } from '../../src/verdict/compare.js';

/** Of limits, and of what is observed if the share is one of their ends. */
const CONFIDENCE = 0.95;

export interface PowerSettings {
  /** changes of each kind and size that power is stated from, and that it is held against */
  readonly stated: number;
  readonly held: number;
  /** networks of each recipe */
  readonly models: number;
  /** of each comparison; draws at most, of each side */
  readonly inputs: number;
  readonly draws: number;
  readonly recipes: readonly Recipe[];
  /** of this code: where what each change came to is kept, so that an interrupted run goes on */
  readonly folder: string;
}

interface Count {
  readonly kept: number;
  readonly stopped: number;
}

interface Row {
  readonly network: string;
  readonly change: string;
  readonly stated: Count;
  readonly heldOut: Count;
}

const print = (...cells: (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const header = (...names: string[]): void => {
  print(...names);
  print(...names.map(() => '---'));
};
const counted = ({ planted, broken, stopped }: PowerRow): Count => ({ kept: planted - broken, stopped });
const limits = ({ stopped, kept }: Count) => clopperPearson(stopped, kept, CONFIDENCE);
const shown = ({ stopped, kept }: Count): string => `${stopped} of ${kept}`;

/** Whether the observed share lies within the limits; whether what is observed is likely enough of some share within them: the observed share is a sample as well. */
function covered({ stated, heldOut: { stopped, kept } }: Pick<Row, 'stated' | 'heldOut'>) {
  const { low, high } = limits(stated);
  const tail = (1 - CONFIDENCE) / 2;
  return {
    within: stopped / kept >= low && stopped / kept <= high,
    likely: atLeast(stopped, kept, high) >= tail && atMost(stopped, kept, low) >= tail,
  };
}

function printRow(name: string, change: string, counts: Pick<Row, 'stated' | 'heldOut'>): void {
  const { low, high } = limits(counts.stated);
  const { within, likely } = covered(counts);
  print(
    name,
    change,
    shown(counts.stated),
    `${Math.round(100 * low)} to ${Math.round(100 * high)}`,
    shown(counts.heldOut),
    within ? 'within' : likely ? 'likely' : '**not covered**',
  );
}

/** Power is stated from some changes, and held against others of another seed: asked for as a gate asks, of the model against itself. */
async function rowsOf(network: string, model: Model, settings: PowerSettings): Promise<Row[]> {
  const ask = async (changes: number, seed: number): Promise<readonly PowerRow[]> => {
    const { inputs, draws, folder } = settings;
    const power = { changes, draws, inputs, folder };
    const evidence = await compare(model, model, {
      on: distinctness,
      inputs,
      alsoReport: [],
      shrink: false,
      seed,
      power,
    });
    return evidence.power!.rows;
  };
  const [said, seen] = [await ask(settings.stated, 1), await ask(settings.held, 2)];
  return said.flatMap((row, i): Row[] => {
    const [stated, heldOut] = [counted(row), counted(seen[i]!)];
    // a row without a change that keeps the behaviour says nothing
    if (stated.kept === 0 || heldOut.kept === 0) return [];
    return [{ network, change: `${row.kind} ${row.dose}`, stated, heldOut }];
  });
}

export async function main(folder: string, settings: PowerSettings): Promise<void> {
  const zoo = await Zoo.open(folder);
  const rows: Row[] = [];
  header('network', 'change, share of the most', 'stopped, stated', 'limits, %', 'stopped, held out', 'held out is');
  for (const recipe of settings.recipes)
    for (const number of zoo.numbers(recipe).slice(0, settings.models)) {
      const network = `${recipe} ${number}`;
      for (const row of await rowsOf(network, await zoo.model(recipe, number), settings)) {
        rows.push(row);
        printRow(network, row.change, row);
      }
    }
  const sum = (own: readonly Row[], of: 'stated' | 'heldOut'): Count => ({
    kept: own.reduce((all, row) => all + row[of].kept, 0),
    stopped: own.reduce((all, row) => all + row[of].stopped, 0),
  });
  console.log();
  header('networks', 'change, share of the most', 'stopped, stated', 'limits, %', 'stopped, held out', 'held out is');
  for (const [change, own] of groupBy(rows, (row) => row.change))
    printRow('all', change, { stated: sum(own, 'stated'), heldOut: sum(own, 'heldOut') });
  const found = rows.map(covered);
  console.log(
    `\n${rows.length} rows of single networks: of ${found.filter(({ within }) => within).length} the share held out is within the limits, of ${found.filter(({ likely }) => !likely).length} it is not covered`,
  );
  await zoo.dispose();
}
