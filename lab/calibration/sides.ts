/** What the comparisons of a kind are of: which models, which of their copies, which side is the baseline, all by the comparison's own seed. */
import type { Model } from '../../src/model/model.js';
import { untrained } from '../../src/model/formats/transformer/untrained.js';
import { random, type Random } from '../../src/random.js';
import type { AnyTask } from '../../src/task/task.js';
import { byIntervention, trainedRuns, type ImplementationSet } from '../../src/implementations/index.js';
import { anythingGoes, distinctness, renamedDistinctness, ownAnswers } from './tasks.js';
import type { Recipe, Zoo } from './zoo.js';

export interface Sides {
  readonly baseline: Model | ImplementationSet;
  readonly candidate: Model | ImplementationSet;
  readonly on: AnyTask;
  /** what was compared, and models that only this comparison has */
  readonly words: string;
  readonly own: readonly Model[];
  /** other runs of the baseline's recipe, where the candidate is held against a bank, and runs of another recipe that are to be stopped */
  readonly bank?: { readonly accept: readonly Model[]; readonly stop: readonly Model[] };
}

/** Recipes of the task whose runs serve as originals. */
export const originals = ['learned', 'constant', 'sort', 'count', 'rank'] as const satisfies readonly Recipe[];
/** Implementations a side, where these are runs: the default budget and the model itself, or half of what there is. */
export const SIDE = 41;

const nameOf = (side: Model | ImplementationSet): string => ('description' in side ? side.description : side.name);

/** Both ways round equally often: which side is the baseline must not matter. */
export const eitherWay = (
  stream: Random,
  one: Model | ImplementationSet,
  other: Model | ImplementationSet,
  own: readonly Model[] = [],
  on: AnyTask = distinctness,
): Sides => {
  const [baseline, candidate] = stream.below(2) === 0 ? [one, other] : [other, one];
  return { baseline, candidate, on, own, words: `${nameOf(baseline)} | ${nameOf(candidate)}` };
};

export const pick = <T>(stream: Random, from: readonly T[]): T => from[stream.below(from.length)]!;

/** Numbers of a recipe's runs. Where attention is what two sides differ in, those that need it. */
type Numbers = (zoo: Zoo, recipe: Recipe) => readonly number[];
const allRuns: Numbers = (zoo, recipe) => zoo.numbers(recipe);
export const needingAttention: Numbers = (zoo, recipe) =>
  recipe === 'learned' ? zoo.needing(recipe) : zoo.numbers(recipe);

export const anyRun = (zoo: Zoo, stream: Random, among: readonly Recipe[], numbers: Numbers = allRuns) => {
  const recipe = pick(stream, among);
  return zoo.model(recipe, pick(stream, numbers(zoo, recipe)));
};

/** A model and a copy of it that only this comparison has. */
export const copy =
  (made: (model: Awaited<ReturnType<Zoo['model']>>, stream: Random) => Promise<Model>) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const model = await anyRun(zoo, stream, originals);
    const other = await made(model, stream);
    return eitherWay(stream, model, other, [other]);
  };

/** A run of `learned` and what was made from it in training. */
export const descendant =
  (recipe: Recipe) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const number = pick(stream, zoo.numbers(recipe));
    return eitherWay(stream, await zoo.model('learned', number), await zoo.model(recipe, number));
  };

export const one =
  (first: readonly Recipe[], second: readonly Recipe[], numbers = allRuns) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const [a, b] = twoOf(stream, first, second);
    return eitherWay(stream, await anyRun(zoo, stream, [a], numbers), await anyRun(zoo, stream, [b], numbers));
  };

/** One recipe of each list, never the same twice. */
export function twoOf(stream: Random, first: readonly Recipe[], second: readonly Recipe[]): readonly [Recipe, Recipe] {
  const a = pick(stream, first);
  return [
    a,
    pick(
      stream,
      second.filter((recipe) => recipe !== a),
    ),
  ];
}

export async function someRuns(zoo: Zoo, recipe: Recipe, numbers: readonly number[]): Promise<ImplementationSet> {
  const models = await Promise.all(numbers.map((number) => zoo.model(recipe, number)));
  return { ...trainedRuns(models), description: `${models.length} runs of ${recipe}` };
}

export const inAnyOrder = (stream: Random, numbers: readonly number[]): number[] =>
  Array.from(stream.permutation(numbers.length), (i) => numbers[i]!);

export const several =
  (first: readonly Recipe[], second: readonly Recipe[], numbers = allRuns) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const [a, b] = twoOf(stream, first, second);
    // three quarters of what there is, so that comparisons differ
    const some = (recipe: Recipe) => {
      const all = numbers(zoo, recipe);
      return inAnyOrder(stream, all).slice(0, Math.min(SIDE, Math.floor(0.75 * all.length)));
    };
    return eitherWay(stream, await someRuns(zoo, a, some(a)), await someRuns(zoo, b, some(b)));
  };

/** An implementation set that is drawn on a task of its own. */
const keeping = (task: AnyTask, set: ImplementationSet): ImplementationSet => ({
  ...set,
  open: (context) => set.open({ ...context, task }),
});

type Control = (
  zoo: Zoo,
  stream: Random,
) => Promise<{ readonly model: Model; readonly own: readonly Model[]; readonly set: () => Promise<ImplementationSet> }>;

/** A trained network with other answers; alone, its implementations must keep these. */
export const trainedControl =
  (recipe: Recipe): Control =>
  async (zoo, stream) => {
    const model = await anyRun(zoo, stream, [recipe]);
    return { model, own: [], set: async () => keeping(await ownAnswers(model), byIntervention(model)) };
  };

/** The same weights in another order. It has no behaviour to keep: a random third of its heads and neurons is resampled. */
export const untrainedControl: Control = async (zoo, stream) => {
  const model = await untrained(await anyRun(zoo, stream, ['learned']), stream.below(0x7fffffff));
  return {
    model,
    own: [model],
    set: async () =>
      byIntervention(model, { outside: ['blocks.*.attn.head.*', 'blocks.*.mlp.neuron.*'], fraction: 1 / 3 }),
  };
};

export const refusing =
  (control: Control) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const { model, own } = await control(zoo, stream);
    return eitherWay(stream, await anyRun(zoo, stream, ['learned']), model, own);
  };

/** As if there were no threshold: each side keeps the behaviour it has. */
export const unrefused =
  (control: Control) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const { own, set } = await control(zoo, stream);
    const learned = await anyRun(zoo, stream, ['learned']);
    return eitherWay(stream, keeping(distinctness, byIntervention(learned)), await set(), own, anythingGoes);
  };

export const variables = ['sort', 'count', 'rank'] as const satisfies readonly Recipe[];

/** Runs in a bank. */
const BANK = 8;

/**
 * A run against a baseline with other runs of its recipe beside it, and as many of another recipe that are to be stopped: of the candidate's, where that is another. All are different
 * runs.
 */
export const besideBank =
  (recipesOf: (stream: Random) => readonly [baseline: Recipe, candidate: Recipe, stop: Recipe], numbersOf = allRuns) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const [recipe, other, stopped] = recipesOf(stream);
    const left = new Map(
      [...new Set([recipe, other, stopped])].map((one) => [one, inAnyOrder(stream, numbersOf(zoo, one))]),
    );
    const take = (from: Recipe, count: number): Promise<Model[]> =>
      Promise.all(
        left
          .get(from)!
          .splice(0, count)
          .map((number) => zoo.model(from, number)),
      );
    const [baseline, ...accept] = await take(recipe, BANK);
    const [candidate] = await take(other, 1);
    return {
      baseline: baseline!,
      candidate: candidate!,
      bank: { accept, stop: await take(stopped, BANK) },
      // a run that does the same by other tokens is one of the recipe
      on: renamedDistinctness,
      own: [],
      words: `${baseline!.name} | ${candidate!.name}`,
    };
  };

/** Mechanisms that differ: learned and constant attention, or two variables. The candidate's recipe is to be stopped. */
export const otherRecipe = (stream: Random): readonly [Recipe, Recipe, Recipe] => {
  const [a, b] = stream.below(2) === 0 ? (['learned', 'constant'] as const) : twoOf(stream, variables, variables);
  return stream.below(2) === 0 ? [a, b, b] : [b, a, a];
};
