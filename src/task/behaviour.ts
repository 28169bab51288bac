/** Measures of behaviour: one number per input from the logits, averaged over inputs. */
import type { Activation } from '../model/model.js';
import { InputError, OptionError } from '../errors.js';

// taken once: inside Jest's sandbox every look-up of a global goes through an interceptor, 20 times slower in these loops
const { exp, log } = Math;

/** Logits [batch, positions, vocabulary] at one position, row by row. */
export interface LogitRows {
  readonly rows: number;
  readonly size: number;
  /** the logits of one row, a view */
  row(index: number): Float32Array;
}

export interface Behaviour<I> {
  /** with its unit, for reports: `accuracy`, `cross-entropy (nats)` */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** true where the score compares with the model's own output without interventions */
  readonly relative: boolean;
  /** the position whose logits are read; negative from the end */
  readonly position: number;
  /** score of one input; `clean` are the logits of the same model without interventions */
  score(logits: Float32Array, input: I, clean: Float32Array): number;
}

export interface ReadOptions {
  /** position whose logits are read; negative from the end. Default -1, the last */
  readonly position?: number;
}

/** A view of the logits at one position. */
export function logitsAt(logits: Activation, position: number): LogitRows {
  const [rows = 0, positions = 0, size = 0] = logits.shape;
  const at = position < 0 ? positions + position : position;
  if (at < 0 || at >= positions)
    throw new InputError({
      what: `behaviour is read at position ${position}, but the input has ${positions} positions`,
      todo: 'give `position` a value inside every input, or -1 for the last',
    });
  return {
    rows,
    size,
    row: (index) => logits.data.subarray((index * positions + at) * size, (index * positions + at + 1) * size),
  };
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

function argmax(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

function checkTarget(target: unknown, size: number): number {
  if (typeof target !== 'number' || !Number.isInteger(target) || target < 0 || target >= size)
    throw new InputError({
      what: `the target ${String(target)} is not one of the model's ${size} output tokens`,
      where: 'behaviour',
      todo: 'let the target function return an integer from 0 to d_vocab_out - 1',
    });
  return target;
}

function checkFunction(target: unknown, name: string): void {
  if (typeof target !== 'function')
    throw new OptionError({ what: `${name} needs a function from an input to its right output token`, where: name, todo: `e.g. ${name}(([a, b]) => (a + b) % 59)` });
}

/** Share of inputs whose largest logit is the target's; NaN logits are never right. In [0, 1], higher is better. */
export function accuracy<I>(target: (input: I) => number, options: ReadOptions = {}): Behaviour<I> {
  checkFunction(target, 'accuracy');
  return {
    name: 'accuracy',
    better: 'higher',
    relative: false,
    position: options.position ?? -1,
    score(logits, input) {
      const right = checkTarget(target(input), logits.length);
      return Number.isNaN(logits[right]!) ? 0 : Number(argmax(logits) === right);
    },
  };
}

/** Mean of -log softmax(logits)[target], in nats; lower is better. */
export function crossEntropy<I>(target: (input: I) => number, options: ReadOptions = {}): Behaviour<I> {
  checkFunction(target, 'crossEntropy');
  return {
    name: 'cross-entropy (nats)',
    better: 'lower',
    relative: false,
    position: options.position ?? -1,
    score: (logits, input) => logSumExp(logits) - logits[checkTarget(target(input), logits.length)]!,
  };
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
export function klToClean<I>(options: ReadOptions = {}): Behaviour<I> {
  return {
    name: 'KL to clean output (nats)',
    better: 'lower',
    relative: true,
    position: options.position ?? -1,
    score: (logits, _input, clean) => klDivergence(clean, logits),
  };
}
