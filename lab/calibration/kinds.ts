/** The kinds of comparison, each with what is known to be true of it. A comparison is drawn by its own seed: which models, which of their copies, which side is the baseline. */
import * as fc from 'fast-check';
import { symmetries } from '../../generators/symmetries.js';
import type { Model } from '../../src/model/model.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import { untrained } from '../../src/model/formats/transformer/untrained.js';
import { random, type Random } from '../../src/random.js';
import type { AnyTask } from '../../src/task/task.js';
import { byIntervention, trainedRuns, type ImplementationSet } from '../../src/implementations/index.js';
import { Bent } from './bent.js';
import { noisyAsFarAsItGoes } from './noise.js';
import { prunedAsFarAsItGoes } from './prune.js';
import { anythingGoes, distinctness, ownAnswers } from './tasks.js';
import type { Recipe, Zoo } from './zoo.js';

/**
 * `same`: equivalent is right and different is wrong; `different`: the other way round; `dose`: a copy that was changed more and more, of which nobody can say where it stops being the same;
 * `control`: the tool must refuse; `hard`: the same behaviour, and either the method is known not to reach the truth, or it is not known.
 */
export type Truth = 'same' | 'different' | 'dose' | 'control' | 'hard';

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

export interface Kind {
  readonly id: string;
  readonly truth: Truth;
  /** one line of the table */
  readonly words: string;
  /** how many the full calibration makes */
  readonly count: number;
  draw(zoo: Zoo, seed: number): Promise<Sides>;
}

/** Recipes of the task whose runs serve as originals. */
const originals = ['learned', 'constant', 'sort', 'count', 'rank'] as const satisfies readonly Recipe[];
/** Implementations a side, where these are runs: the default budget and the model itself, or half of what there is. */
const SIDE = 41;

const nameOf = (side: Model | ImplementationSet): string => ('description' in side ? side.description : side.name);

/** Both ways round equally often: which side is the baseline must not matter. */
const eitherWay = (
  stream: Random,
  one: Model | ImplementationSet,
  other: Model | ImplementationSet,
  own: readonly Model[] = [],
  on: AnyTask = distinctness,
): Sides => {
  const [baseline, candidate] = stream.below(2) === 0 ? [one, other] : [other, one];
  return { baseline, candidate, on, own, words: `${nameOf(baseline)} | ${nameOf(candidate)}` };
};

const pick = <T>(stream: Random, from: readonly T[]): T => from[stream.below(from.length)]!;

/** Numbers of a recipe's runs. Where attention is what two sides differ in, those that need it. */
type Numbers = (zoo: Zoo, recipe: Recipe) => readonly number[];
const allRuns: Numbers = (zoo, recipe) => zoo.numbers(recipe);
const needingAttention: Numbers = (zoo, recipe) => (recipe === 'learned' ? zoo.needing(recipe) : zoo.numbers(recipe));

const anyRun = (zoo: Zoo, stream: Random, among: readonly Recipe[], numbers: Numbers = allRuns) => {
  const recipe = pick(stream, among);
  return zoo.model(recipe, pick(stream, numbers(zoo, recipe)));
};

/** A model and a copy of it that only this comparison has. */
const copy =
  (made: (model: Awaited<ReturnType<Zoo['model']>>, stream: Random) => Promise<Model>) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const model = await anyRun(zoo, stream, originals);
    const other = await made(model, stream);
    return eitherWay(stream, model, other, [other]);
  };

/** A run of `learned` and what was made from it in training. */
const descendant =
  (recipe: Recipe) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const number = pick(stream, zoo.numbers(recipe));
    return eitherWay(stream, await zoo.model('learned', number), await zoo.model(recipe, number));
  };

const one =
  (first: readonly Recipe[], second: readonly Recipe[], numbers = allRuns) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const [a, b] = twoOf(stream, first, second);
    return eitherWay(stream, await anyRun(zoo, stream, [a], numbers), await anyRun(zoo, stream, [b], numbers));
  };

/** One recipe of each list, never the same twice. */
function twoOf(stream: Random, first: readonly Recipe[], second: readonly Recipe[]): readonly [Recipe, Recipe] {
  const a = pick(stream, first);
  return [
    a,
    pick(
      stream,
      second.filter((recipe) => recipe !== a),
    ),
  ];
}

async function someRuns(zoo: Zoo, recipe: Recipe, numbers: readonly number[]): Promise<ImplementationSet> {
  const models = await Promise.all(numbers.map((number) => zoo.model(recipe, number)));
  return { ...trainedRuns(models), description: `${models.length} runs of ${recipe}` };
}

const inAnyOrder = (stream: Random, numbers: readonly number[]): number[] =>
  Array.from(stream.permutation(numbers.length), (i) => numbers[i]!);

const several =
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
const trainedControl =
  (recipe: Recipe): Control =>
  async (zoo, stream) => {
    const model = await anyRun(zoo, stream, [recipe]);
    return { model, own: [], set: async () => keeping(await ownAnswers(model), byIntervention(model)) };
  };

/** The same weights in another order. It has no behaviour to keep: a random third of its heads and neurons is resampled. */
const untrainedControl: Control = async (zoo, stream) => {
  const model = await untrained(await anyRun(zoo, stream, ['learned']), stream.below(0x7fffffff));
  return {
    model,
    own: [model],
    set: async () =>
      byIntervention(model, { outside: ['blocks.*.attn.head.*', 'blocks.*.mlp.neuron.*'], fraction: 1 / 3 }),
  };
};

const refusing =
  (control: Control) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const { model, own } = await control(zoo, stream);
    return eitherWay(stream, await anyRun(zoo, stream, ['learned']), model, own);
  };

/** As if there were no threshold: each side keeps the behaviour it has. */
const unrefused =
  (control: Control) =>
  async (zoo: Zoo, seed: number): Promise<Sides> => {
    const stream = random(seed, 'sides');
    const { own, set } = await control(zoo, stream);
    const learned = await anyRun(zoo, stream, ['learned']);
    return eitherWay(stream, keeping(distinctness, byIntervention(learned)), await set(), own, anythingGoes);
  };

const variables = ['sort', 'count', 'rank'] as const satisfies readonly Recipe[];

/** Comparisons of each dose. */
const DOSES = 100;
/** Runs in a bank. */
const BANK = 8;

const dose = (
  id: string,
  words: string,
  made: (model: Awaited<ReturnType<Zoo['model']>>, stream: Random) => Promise<Model>,
): Kind => ({ id, truth: 'dose', words: `a model and its copy ${words}`, count: DOSES, draw: copy(made) });

/**
 * A run against a baseline with other runs of its recipe beside it, and as many of another recipe that are to be stopped: of the candidate's, where that is another. All are different
 * runs.
 */
const besideBank =
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
      on: distinctness,
      own: [],
      words: `${baseline!.name} | ${candidate!.name}`,
    };
  };

/** Mechanisms that differ: learned and constant attention, or two variables. The candidate's recipe is to be stopped. */
const otherRecipe = (stream: Random): readonly [Recipe, Recipe, Recipe] => {
  const [a, b] = stream.below(2) === 0 ? (['learned', 'constant'] as const) : twoOf(stream, variables, variables);
  return stream.below(2) === 0 ? [a, b, b] : [b, a, a];
};

export const kinds: readonly Kind[] = [
  {
    id: 'symmetry',
    truth: 'same',
    words: 'a model and itself with its weights changed by a symmetry',
    count: 200,
    draw: copy((model, stream) =>
      fc.sample(symmetries(model), { numRuns: 1, seed: stream.below(0x7fffffff) })[0]!.apply(),
    ),
  },
  {
    id: 'itself',
    truth: 'same',
    words: 'a model and itself: two draws of interventions outside its circuit',
    count: 200,
    async draw(zoo, seed) {
      const stream = random(seed, 'sides');
      const model = await anyRun(zoo, stream, originals);
      return eitherWay(stream, model, model);
    },
  },
  {
    id: '8 bits',
    truth: 'same',
    words: 'a model and its copy rounded to 8 bits',
    count: 200,
    draw: copy((model) => quantise(model, 8)),
  },
  {
    id: 'fine-tuned',
    truth: 'same',
    words: 'a model and its fine-tuned copy',
    count: 200,
    draw: descendant('finetuned'),
  },
  {
    id: 'pruned',
    truth: 'same',
    words: 'a model and its copy without the smallest 5 to 30 % of its weights',
    count: 200,
    draw: copy((model, stream) => prunedAsFarAsItGoes(model, 0.05 + 0.25 * stream.unit())),
  },
  {
    id: 'recipe runs',
    truth: 'same',
    words: 'two sets of runs of one recipe, other seeds',
    count: 200,
    async draw(zoo, seed) {
      const stream = random(seed, 'sides');
      const recipe = pick(stream, originals);
      const numbers = inAnyOrder(stream, zoo.numbers(recipe));
      const size = Math.min(SIDE, Math.floor(numbers.length / 2));
      return eitherWay(
        stream,
        await someRuns(zoo, recipe, numbers.slice(0, size)),
        await someRuns(zoo, recipe, numbers.slice(size, 2 * size)),
      );
    },
  },

  ...(
    [
      ['fine-tuned more', 'fine-tuned with 2.3 times the steps times rate', 'finetuned-medium'],
      ['fine-tuned much more', 'fine-tuned with 5 times the steps times rate', 'finetuned-heavy'],
      [
        'fine-tuned most',
        'fine-tuned with 12 times the steps times rate, that of the first training',
        'finetuned-heaviest',
      ],
    ] as const
  ).map(([id, said, recipe]): Kind => ({
    id,
    truth: 'dose',
    words: `a model and its copy ${said}`,
    count: DOSES,
    draw: descendant(recipe),
  })),
  ...[0.01, 0.03, 0.1].map((size): Kind =>
    dose(
      `noise ${100 * size} %`,
      `with noise of ${100 * size} % of each tensor's size in its weights`,
      (model, stream) => noisyAsFarAsItGoes(model, size, stream.below(0x7fffffff)),
    ),
  ),
  ...[6, 5, 4].map((bits): Kind => dose(`${bits} bits`, `rounded to ${bits} bits`, (model) => quantise(model, bits))),
  ...[0.1, 0.2, 0.3].map((size): Kind =>
    dose(`pruned ${100 * size} %`, `without the smallest ${100 * size} % of its weights`, (model) =>
      prunedAsFarAsItGoes(model, size),
    ),
  ),

  {
    id: 'attention',
    truth: 'different',
    words: 'learned and constant attention, one run each',
    count: 100,
    draw: one(['learned'], ['constant'], needingAttention),
  },
  {
    id: 'attention runs',
    truth: 'different',
    words: 'learned and constant attention, sets of runs',
    count: 100,
    draw: several(['learned'], ['constant'], needingAttention),
  },
  {
    id: 'variable',
    truth: 'different',
    words: 'another intermediate variable, one run each',
    count: 100,
    draw: one(variables, variables),
  },
  {
    id: 'variable runs',
    truth: 'different',
    words: 'another intermediate variable, sets of runs',
    count: 100,
    draw: several(variables, variables),
  },

  {
    id: 'untrained',
    truth: 'control',
    words: 'a model and an untrained network',
    count: 100,
    draw: refusing(untrainedControl),
  },
  {
    id: 'shuffled',
    truth: 'control',
    words: 'a model and one trained on shuffled labels',
    count: 100,
    draw: refusing(trainedControl('shuffled')),
  },
  {
    id: 'another task',
    truth: 'control',
    words: 'a model and one trained on another task',
    count: 100,
    draw: refusing(trainedControl('another')),
  },
  {
    id: 'untrained unrefused',
    truth: 'control',
    words: 'an untrained network, representations alone',
    count: 100,
    draw: unrefused(untrainedControl),
  },
  {
    id: 'shuffled unrefused',
    truth: 'control',
    words: 'shuffled labels, representations alone',
    count: 100,
    draw: unrefused(trainedControl('shuffled')),
  },
  {
    id: 'another task unrefused',
    truth: 'control',
    words: 'another task, representations alone',
    count: 100,
    draw: unrefused(trainedControl('another')),
  },

  {
    id: 'recipe',
    truth: 'hard',
    words: 'one run and one other run of the same recipe',
    count: 100,
    async draw(zoo, seed) {
      const stream = random(seed, 'sides');
      const recipe = pick(stream, originals);
      const [a, b] = inAnyOrder(stream, zoo.numbers(recipe));
      return eitherWay(stream, await zoo.model(recipe, a!), await zoo.model(recipe, b!));
    },
  },
  {
    id: 'recipe with bank',
    truth: 'hard',
    words: 'one other run of the same recipe, held against a bank of 8',
    count: 100,
    draw: besideBank((stream) => {
      const [recipe, stopped] = twoOf(stream, originals, originals);
      return [recipe, recipe, stopped];
    }),
  },
  {
    id: 'other recipe with bank',
    truth: 'different',
    words: 'one run of another mechanism, held against a bank of 8',
    count: 100,
    draw: besideBank(otherRecipe, needingAttention),
  },
  {
    id: 'distilled',
    truth: 'hard',
    words: 'a model and a network trained on its logits',
    count: 100,
    draw: descendant('distilled'),
  },
  {
    id: 'imitating',
    truth: 'hard',
    words: 'a model and one trained to have its residuals while computing otherwise',
    count: 100,
    draw: descendant('imitating'),
  },
  {
    id: 'bent',
    truth: 'hard',
    words: 'a model and itself with its residuals changed by an invertible nonlinear function',
    count: 100,
    async draw(zoo, seed) {
      const stream = random(seed, 'sides');
      const model = await anyRun(zoo, stream, originals);
      // not `own`: the model behind the glass belongs to the zoo
      return eitherWay(stream, model, await Bent.of(model, distinctness, stream.below(0x7fffffff)));
    },
  },
];
