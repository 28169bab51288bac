/** The task: to whom was something given? */
import { defineTask, type Task } from '../../src/task/task.js';
import type { Behaviour } from '../../src/task/behaviour.js';
import type { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import { flipped, type Prompt } from './prompts.js';

/** Share of prompts on which the indirect object must be likelier than the subject. */
const ACCURACY = 0.9;

const pairOf = ({ indirectObject, subject }: Prompt, tokenizer: Tokenizer | undefined): readonly [number, number] => [
  tokenizer!.token(indirectObject),
  tokenizer!.token(subject),
];

/** Logit of the indirect object less that of the subject. */
export function differenceOf(logits: Float32Array, prompt: Prompt, tokenizer: Tokenizer | undefined): number {
  const [io, s] = pairOf(prompt, tokenizer);
  return logits[io]! - logits[s]!;
}

const behaviour: Behaviour<Prompt> = {
  name: 'accuracy (indirect object above subject)',
  better: 'higher',
  relative: false,
  best: 1,
  position: -1,
  answer: ({ indirectObject }) => indirectObject,
  identity: ({ indirectObject, subject }, tokenizer) => [
    indirectObject,
    subject,
    ...(tokenizer ? [tokenizer.token(indirectObject), tokenizer.token(subject)] : []),
  ],
  score: (logits, prompt, _clean, tokenizer) => Number(differenceOf(logits, prompt, tokenizer) > 0),
};

/**
 * @param prompts each once
 * @param counterfactual the flipped prompt; or the crossed one, by which two ways of finding the answer are told apart
 */
export const ioiTask = (
  prompts: readonly Prompt[],
  counterfactual: (prompt: Prompt) => Prompt = flipped,
): Task<Prompt> =>
  defineTask<Prompt>({
    name: 'indirect object identification',
    inputs: prompts,
    counterfactual,
    behaviour,
    threshold: { atLeast: ACCURACY },
  });
