/** What a run will come to: one model of each kind is made and two sets are compared, and the rest is taken to be like them. */
import type { Gram } from '../../src/representation/gram.js';
import { timed } from '../stopwatch.js';
import type { SuiteEstimate } from '../suite.js';
import { compared, type ComparedOptions } from './compare.js';
import { dosed, doses, type DoseOptions } from './dose.js';
import type { CompiledSetting, Setting } from './implementations.js';
import type { PermutationAlgorithm } from './programs.js';
import { represented } from './representation.js';

/** Seconds for one distance of two models under one split, over the square of the number of inputs: on one core of a laptop's speed. */
const DISTANCE = 5e-10;
const SPLITS = 3;
/** Models on either side of the comparison that is tried. */
const TRIED = 2;

export interface Planned {
  readonly settings: readonly Setting[];
  /** whose models get doses */
  readonly dosed: CompiledSetting;
  readonly algorithms: readonly PermutationAlgorithm[];
  /** models of an algorithm in each compiled setting */
  readonly models: number;
}

type Work = DoseOptions & ComparedOptions;

/** @throws whatever models throw, CancelledError */
export async function estimateOf(planned: Planned, work: Work): Promise<SuiteEstimate> {
  const { settings, algorithms, models, dosed: withDoses } = planned;
  const { task, examples, signal } = work;
  const inputs = examples.inputs.length;
  const ends = [algorithms[0]!, algorithms.at(-1)!];
  const grams: Gram[] = [];
  const made = async (setting: Setting, algorithm: PermutationAlgorithm): Promise<void> => {
    const model = await setting.model(algorithm, 0);
    try {
      grams.push((await represented(model, task, examples, signal)).gram);
    } finally {
      model.dispose();
    }
  };
  // the first is slower than all that follow
  await made(settings[0]!, ends[0]!);
  let seconds = 0;
  let rows = 0;
  const sizes: number[] = [];
  for (const setting of settings) {
    const counts = algorithms.map((algorithm) => Math.min(setting.count(algorithm), models));
    const [, two] = await timed(async () => {
      for (const algorithm of ends) await made(setting, algorithm);
    });
    const count = counts.reduce((sum, one) => sum + one, 0);
    seconds += (count * two) / 2;
    rows += count * inputs;
    const sides = counts.map((one) => one / 2);
    sizes.push(...sides.flatMap((row) => sides.map((column) => row + column)));
  }
  const [, dosing] = await timed(() => dosed(withDoses, ends[0]!, [0], doses, work));
  const half = models / 2;
  seconds += algorithms.length * half * (1 + 1 / doses.length) * dosing;
  // with a dose: what is put in is computed as well
  rows += algorithms.length * half * inputs * (1 + 1 + 2 * (doses.length - 1));
  sizes.push(...algorithms.flatMap(() => doses.map(() => models)));
  const sides = [grams.slice(1, 1 + TRIED), grams.slice(1 + TRIED, 1 + 2 * TRIED)] as const;
  await compared(sides, 'estimate', work);
  const [, comparing] = await timed(() => compared(sides, 'estimate', work));
  for (const both of sizes) seconds += (comparing * both) / (2 * TRIED) + DISTANCE * SPLITS * inputs ** 2 * both ** 2;
  return { seconds, rows: Math.round(rows) };
}
