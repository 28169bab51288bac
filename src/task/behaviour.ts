/** Measures of behaviour: one number per input from the logits, averaged over inputs. */
import type { Activation } from '../model/model.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { InputError, OptionError } from '../errors.js';
import { argmax } from '../argmax.js';

// taken once: inside Jest's sandbox every look-up of a global goes through an interceptor, 20 times slower in these loops
const { exp, log } = Math;

/** Where a behaviour reads the logits: a position, negative from the end, or a function of the input. */
export type ReadAt<I> = number | ((input: I, tokenizer: Tokenizer | undefined) => number);

/** A score of what a model answers on an input. */
export interface Behaviour<I> {
  /** with its unit, for reports: `accuracy`, `cross-entropy (nats)` */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** true where the score compares with the model's own output without interventions */
  readonly relative: boolean;
  /** the best score that an input can have, where there is one: a run over some inputs then tells when the threshold cannot be met on all of them */
  readonly best?: number | undefined;
  /** the worst score that an input can have, where there is one: a run over some inputs then tells when the threshold cannot be missed on all of them */
  readonly worst?: number | undefined;
  readonly position: ReadAt<I>;
  /** what is right for an input, where the behaviour holds something right: symmetries of a task are checked against it */
  answer?(input: I): unknown;
  /**
   * all that the score of an input depends on besides logits and tokenizer, as plain values: two behaviours of one name that give the same for an input must score it alike. Missing, or undefined:
   * nobody can say, and what is computed with it is not kept between runs (docs/cache.md)
   */
  identity?(input: I, tokenizer?: Tokenizer): unknown;
  /** score of one input; `clean` are the logits of the same model without interventions, `tokenizer` the model's */
  score(logits: Float32Array, input: I, clean: Float32Array, tokenizer?: Tokenizer): number;
}

/** What is said of the behaviours there are. */
interface BehaviourKind extends Pick<Behaviour<unknown>, 'name' | 'better' | 'relative' | 'best' | 'worst'> {
  /** what it is called with */
  readonly call: string;
  readonly summary: string;
  /** what it has to know */
  readonly needs: string;
}

/** The behaviours by the names of their functions: a new one is its object here and its function. Messages and the table of docs/matcher.md follow. */
export const behaviours = {
  accuracy: {
    call: 'accuracy(target)',
    name: 'accuracy',
    better: 'higher',
    relative: false,
    best: 1,
    worst: 0,
    summary: 'share of inputs whose largest logit is the target’s, in [0, 1]',
    needs: 'the right output token of an input',
  },
  crossEntropy: {
    call: 'crossEntropy(target)',
    name: 'cross-entropy (nats)',
    better: 'lower',
    relative: false,
    best: 0,
    worst: undefined,
    summary: 'mean of -log softmax(logits)[target]',
    needs: 'the right output token of an input',
  },
  logitDifference: {
    call: 'logitDifference(right, wrong)',
    name: 'logit difference',
    better: 'higher',
    relative: false,
    best: undefined,
    worst: undefined,
    summary: 'mean of logit[right] - logit[wrong]',
    needs: 'a right and a wrong output token of an input',
  },
  klToClean: {
    call: 'klToClean()',
    name: 'KL to clean output (nats)',
    better: 'lower',
    relative: true,
    best: 0,
    worst: undefined,
    summary: 'mean KL divergence from the model’s own output without interventions; a model by itself scores 0',
    needs: 'nothing: no answer is right',
  },
} as const satisfies Readonly<Record<string, BehaviourKind>>;

/** What a behaviour has from its kind and its options. */
function partsOf<I>(
  kind: keyof typeof behaviours,
  { position = -1 }: ReadOptions<I>,
): Pick<Behaviour<I>, 'name' | 'better' | 'relative' | 'best' | 'worst' | 'position'> {
  const { name, better, relative, best, worst } = behaviours[kind];
  return { name, better, relative, best, worst, position };
}

/** An output token: by number, or as text that is one token of the model's tokenizer, such as ` Mary`. */
export type Target = number | string;

/** Where a behaviour reads logits. */
export interface ReadOptions<I> {
  /** position whose logits are read; negative from the end: -1 is the last. A model that gives one row of logits per input has no other. @defaultValue -1 */
  readonly position?: ReadAt<I>;
}

/** The logits of one row of [batch, vocabulary], a view. */
export function rowOf({ shape, data }: Activation, row: number): Float32Array {
  const size = shape[1]!;
  return data.subarray(row * size, (row + 1) * size);
}

/** log of the sum of exponentials, in float64, without overflow. */
function logSumExp(logits: Float32Array): number {
  let top = -Infinity;
  for (const value of logits) if (value > top) top = value;
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (const value of logits) sum += exp(value - top);
  return top + log(sum);
}

function checkTarget(given: unknown, size: number, tokenizer: Tokenizer | undefined): number {
  if (typeof given === 'string' && !tokenizer)
    throw new InputError({
      what: `the target is text, ${JSON.stringify(given)}, and the model has no tokenizer`,
      where: 'behaviour',
      hint: 'load the model with a tokenizer, or return a token id',
    });
  const target = typeof given === 'string' ? tokenizer!.token(given) : given;
  if (typeof target !== 'number' || !Number.isInteger(target) || target < 0 || target >= size)
    throw new InputError({
      what: `the target ${String(target)} is not one of the model's ${size} output tokens`,
      where: 'behaviour',
      hint: `let the target function return an integer from 0 to ${size - 1}, or text that is one token`,
    });
  return target;
}

/** The behaviour with what tells it apart: of a copy with another score or other answers nobody can say. */
function identified<I>(made: Behaviour<I>, targets: (input: I) => readonly Target[]): Behaviour<I> {
  const { score, answer } = made;
  return {
    ...made,
    identity(input, tokenizer) {
      if (this.score !== score || this.answer !== answer) return undefined;
      return targets(input).map((target) => (typeof target === 'string' ? [target, tokenizer?.token(target)] : target));
    },
  };
}

function checkFunction(target: unknown, name: string): void {
  if (typeof target !== 'function')
    throw new OptionError({
      what: `${name} needs functions from an input to its output token`,
      where: name,
      hint: `e.g. ${name}(([a, b]) => (a + b) % 59)`,
    });
}

/** Share of inputs whose largest logit is the target's; NaN logits are never right. In [0, 1], higher is better. */
export function accuracy<I>(target: (input: I) => Target, options: ReadOptions<I> = {}): Behaviour<I> {
  checkFunction(target, 'accuracy');
  return identified<I>(
    {
      ...partsOf('accuracy', options),
      answer: target,
      score(logits, input, _clean, tokenizer) {
        const right = checkTarget(target(input), logits.length, tokenizer);
        return Number.isNaN(logits[right]!) ? 0 : Number(argmax(logits) === right);
      },
    },
    (input) => [target(input)],
  );
}

/** Mean of -log softmax(logits)[target], in nats; lower is better. */
export function crossEntropy<I>(target: (input: I) => Target, options: ReadOptions<I> = {}): Behaviour<I> {
  checkFunction(target, 'crossEntropy');
  return identified<I>(
    {
      ...partsOf('crossEntropy', options),
      answer: target,
      score: (logits, input, _clean, tokenizer) =>
        logSumExp(logits) - logits[checkTarget(target(input), logits.length, tokenizer)]!,
    },
    (input) => [target(input)],
  );
}

/**
 * Mean of logit[right] - logit[wrong]; higher is better. Indirect object identification's usual measure (Wang et al. 2023, arXiv 2211.00593).
 */
export function logitDifference<I>(
  right: (input: I) => Target,
  wrong: (input: I) => Target,
  options: ReadOptions<I> = {},
): Behaviour<I> {
  checkFunction(right, 'logitDifference');
  checkFunction(wrong, 'logitDifference');
  const answers = (input: I): Target[] => [right(input), wrong(input)];
  return identified<I>(
    {
      ...partsOf('logitDifference', options),
      answer: answers,
      score: (logits, input, _clean, tokenizer) =>
        logits[checkTarget(right(input), logits.length, tokenizer)]! -
        logits[checkTarget(wrong(input), logits.length, tokenizer)]!,
    },
    answers,
  );
}

/** KL(clean || patched) in nats for one row of logits each; never negative but for rounding. */
export function klDivergence(clean: Float32Array, patched: Float32Array): number {
  const zClean = logSumExp(clean);
  const zPatched = logSumExp(patched);
  let sum = 0;
  for (let i = 0; i < clean.length; i++) {
    const logP = clean[i]! - zClean;
    const p = exp(logP);
    if (p > 0) sum += p * (logP - (patched[i]! - zPatched));
  }
  return sum;
}

/** Mean KL divergence from the model's own output without interventions, in nats; lower is better. A model by itself scores 0. */
export function klToClean<I>(options: ReadOptions<I> = {}): Behaviour<I> {
  return identified<I>(
    {
      ...partsOf('klToClean', options),
      score: (logits, _input, clean) => klDivergence(clean, logits),
    },
    () => [],
  );
}
