/** The tasks of the calibration: all over the same 625 inputs, so that one comparison's inputs are another's. */
import { accuracy } from '../../src/task/behaviour.js';
import { defineTask, type Task } from '../../src/task/task.js';
import { runExamples } from '../../src/task/run.js';
import type { Model } from '../../src/model/model.js';

export type Word = readonly [number, number, number, number];

const tokens = [0, 1, 2, 3, 4] as const;
/** Every word of four tokens out of five. */
export const words: readonly Word[] = tokens.flatMap((a) =>
  tokens.flatMap((b) => tokens.flatMap((c) => tokens.map((d): Word => [a, b, c, d]))),
);

const isDistinct = (word: Word): number => Number(new Set(word).size === word.length);

const asked = {
  name: 'four distinct tokens',
  inputs: words,
  behaviour: accuracy(isDistinct),
  threshold: { atLeast: 0.99 },
} as const;

/** The task: are all four tokens distinct? 120 of 625 are. */
export const distinctness: Task<Word> = defineTask(asked);

const renamed =
  (map: (token: number) => number) =>
  (word: Word): Word =>
    word.map(map) as unknown as Word;

/** The same, and what it does not mind: other names for the five tokens. Two generators, 120 relabellings. */
export const renamedDistinctness: Task<Word> = defineTask({
  ...asked,
  symmetries: {
    swapped: renamed((token) => [1, 0, 2, 3, 4][token]!),
    shifted: renamed((token) => (token + 1) % 5),
  },
});

/** The same inputs in the same batches (implementations drawn on one such task can be run on another), and other answers. */
const answering = (name: string, answer: (word: Word) => number, atLeast: number): Task<Word> => {
  const { behaviour, threshold, thresholdText, meets } = defineTask({
    name,
    inputs: words,
    behaviour: accuracy(answer),
    threshold: { atLeast },
  });
  return { ...distinctness, name, behaviour, threshold, thresholdText, meets };
};

/** No behaviour is refused: what is left to tell models apart are representations. */
export const anythingGoes: Task<Word> = answering('four tokens, any answer', isDistinct, 0);

const key = (word: Word): string => word.join('');

/** To answer as a model does without interventions, whatever that is: what implementations of a control must keep. */
export async function ownAnswers(model: Model): Promise<Task<Word>> {
  const { inputs } = anythingGoes.examples(words.length, 0);
  const { logits } = await runExamples(model, anythingGoes, { inputs });
  const answers = new Map(inputs.map((word, i) => [key(word), Number(logits[i]![1]! > logits[i]![0]!)]));
  return answering(`as ${model.name} answers`, (word) => answers.get(key(word))!, 0.99);
}

/** Share of all 625 inputs that a model gets right. */
export async function accuracyOf(model: Model): Promise<number> {
  return (await runExamples(model, distinctness, distinctness.examples(words.length, 0))).score;
}
