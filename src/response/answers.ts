/** What two models answer, as probabilities of the same answers. */
import { InputError, OptionError } from '../errors.js';
import type { Model } from '../model/model.js';
import { behaviours, type Target } from '../task/behaviour.js';
import type { Task } from '../task/task.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

// taken once: a look-up of a global is slow inside Jest's sandbox
const { exp, abs } = Math;

/** Tokens looked at to tell two tokenizers apart. */
const LOOKED_AT = 1000;

/** Probabilities, and as the last entry 1 where the logits are no numbers, 0 otherwise: a model that breaks answers like no other. */
export type Distribution = Float64Array;

/** Half the sum of differences, in [0, 1]: by how much the two may differ about any set of answers. */
export function totalVariation(a: Distribution, b: Distribution): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += abs(a[i]! - b[i]!);
  return Math.min(1, sum / 2);
}

/** The likeliest answer's place; the last where there is none. */
export const likeliest = (of: Distribution): number => of.reduce((best, p, i) => (p > of[best]! ? i : best), 0);

function softmax(logits: Float32Array, tokens: readonly number[] | undefined): Distribution {
  const count = tokens?.length ?? logits.length;
  const found = new Float64Array(count + 1);
  let top = -Infinity;
  let broken = false;
  for (let i = 0; i < count; i++) {
    const logit = logits[tokens ? tokens[i]! : i]!;
    found[i] = logit;
    broken ||= Number.isNaN(logit);
    if (logit > top) top = logit;
  }
  if (broken || !Number.isFinite(top)) {
    found.fill(0);
    found[count] = 1;
    return found;
  }
  let sum = 0;
  for (let i = 0; i < count; i++) sum += found[i] = exp(found[i]! - top);
  for (let i = 0; i < count; i++) found[i]! /= sum;
  return found;
}

/** True where the same number is the same token, as far as that can be seen. */
export function sameTokens(a: Tokenizer | undefined, b: Tokenizer | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return true;
  if (a.size !== b.size) return false;
  const step = Math.max(1, Math.floor(a.size / LOOKED_AT));
  const read = (tokenizer: Tokenizer, token: number): string | undefined => {
    try {
      return tokenizer.decode([token]);
    } catch {
      return undefined;
    }
  };
  for (let token = 0; token < a.size; token += step) if (read(a, token) !== read(b, token)) return false;
  return true;
}

export class Answers<I> {
  private readonly fixed: readonly [readonly number[], readonly number[]] | undefined;
  private readonly like: boolean;
  /** true once the probabilities of all answers there are were taken */
  private whole = false;

  /**
   * @param named the answers that count. Default: those that the behaviour tells apart (a right and a wrong one), else all the model can give
   * @throws OptionError, InputError for answers that a model cannot give
   */
  constructor(
    private readonly models: readonly [Model, Model],
    private readonly task: Task<I>,
    named: readonly Target[] | undefined,
  ) {
    this.like = sameTokens(models[0].tokenizer, models[1].tokenizer);
    if (named === undefined) return;
    this.fixed = [this.tokens(0, named), this.tokens(1, named)];
    for (const tokens of this.fixed)
      if (new Set(tokens).size !== named.length)
        throw new OptionError({ what: 'an answer is there twice', where: 'answers', hint: 'name each answer once' });
  }

  /** What answers are, besides what the behaviour says: for what is kept between runs. */
  get key(): readonly unknown[] {
    return [this.like, this.fixed ?? null];
  }

  /**
   * Probabilities of the answers to an input, from logits at the place where the behaviour reads them.
   * @throws OptionError where the two models' answers do not correspond
   */
  of(side: 0 | 1, logits: Float32Array, input: I): Distribution {
    const tokens = this.fixed?.[side] ?? this.ofBehaviour(side, input);
    this.whole ||= tokens === undefined;
    if (tokens === undefined && logits.length < 2)
      throw new OptionError({
        what: `${this.models[side].name} gives ${logits.length === 0 ? 'no number' : 'a single number'} for an input: there are no answers to take probabilities of`,
        where: 'toRespondLike',
        hint: 'compare models that give a number for each of several answers; of others the representations can be compared',
      });
    const missing = tokens?.find((token) => !(token >= 0 && token < logits.length));
    if (missing !== undefined)
      throw new InputError({
        what: `${missing} is not one of the ${logits.length} output tokens of ${this.models[side].name}`,
        where: 'answers',
        hint: `name tokens from 0 to ${logits.length - 1}, or text`,
      });
    return softmax(logits, tokens);
  }

  /** @throws OptionError where the same place is not the same answer */
  check([a, b]: readonly [Distribution, Distribution]): void {
    if (!this.whole || (a.length === b.length && this.like)) return;
    const [one, other] = this.models;
    throw new OptionError({
      what: `${one.name} and ${other.name} have unlike vocabularies: ${a.length === b.length ? 'their tokens are other texts' : `${a.length - 1} and ${b.length - 1} answers`}`,
      where: 'answers',
      hint: "name the answers as text that is one token of both: answers: [' yes', ' no']",
    });
  }

  /** What the behaviour tells apart: a right and a wrong answer. Undefined where it reads all of them. */
  private ofBehaviour(side: 0 | 1, input: I): readonly number[] | undefined {
    const { name, answer } = this.task.behaviour;
    const found = name === behaviours.logitDifference.name ? answer?.(input) : undefined;
    return Array.isArray(found) ? this.tokens(side, found as Target[]) : undefined;
  }

  private tokens(side: 0 | 1, answers: readonly Target[]): readonly number[] {
    const { name, tokenizer } = this.models[side];
    return answers.map((answer) => {
      if (typeof answer === 'number') {
        if (this.like) return answer;
        throw new OptionError({
          what: `token ${answer} is another text to ${this.models[0].name} than to ${this.models[1].name}`,
          where: 'answers',
          hint: 'name the answers as text that is one token of both',
        });
      }
      if (tokenizer) return tokenizer.token(answer);
      throw new OptionError({
        what: `the answer ${JSON.stringify(answer)} is text, and ${name} has no tokenizer`,
        where: 'answers',
        hint: 'name the answers by number, or load the model with a tokenizer',
      });
    });
  }
}
