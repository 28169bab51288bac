/** The kinds of comparison, each with what is known to be true of it. */
import * as fc from 'fast-check';
import { symmetries } from '../../generators/symmetries.js';
import type { Model } from '../../src/model/model.js';
import { quantise } from '../../src/model/formats/transformer/quantise.js';
import { random, type Random } from '../../src/random.js';
import { Bent } from './bent.js';
import { noisyAsFarAsItGoes } from './noise.js';
import { prunedAsFarAsItGoes } from './prune.js';
import {
  originals,
  SIDE,
  eitherWay,
  pick,
  needingAttention,
  anyRun,
  copy,
  descendant,
  one,
  twoOf,
  someRuns,
  inAnyOrder,
  several,
  trainedControl,
  untrainedControl,
  refusing,
  unrefused,
  variables,
  besideBank,
  otherRecipe,
  type Sides,
} from './sides.js';
import { distinctness } from './tasks.js';
import type { Zoo } from './zoo.js';

/**
 * `same`: equivalent is right and different is wrong; `different`: the other way round; `dose`: a copy that was changed more and more, of which nobody can say where it stops being the same;
 * `control`: the tool must refuse; `hard`: the same behaviour, and either the method is known not to reach the truth, or it is not known.
 */
export type Truth = 'same' | 'different' | 'dose' | 'control' | 'hard';

export interface Kind {
  readonly id: string;
  readonly truth: Truth;
  /** one line of the table */
  readonly words: string;
  /** how many the full calibration makes */
  readonly count: number;
  draw(zoo: Zoo, seed: number): Promise<Sides>;
}

/** Comparisons of each dose. */
const DOSES = 100;
const dose = (
  id: string,
  words: string,
  made: (model: Awaited<ReturnType<Zoo['model']>>, stream: Random) => Promise<Model>,
): Kind => ({ id, truth: 'dose', words: `a model and its copy ${words}`, count: DOSES, draw: copy(made) });

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
