/** What patching each component alone would do, estimated for all of them at once from gradients. */
import { argmax } from '../argmax.js';
import { isTokens, lengthsOf } from '../model/input.js';
import type { Activation, Model } from '../model/model.js';
import { random } from '../random.js';
import { passOf } from '../rows.js';
import { breathe } from '../signal.js';
import type { Examples, Task } from '../task/task.js';
import type { Replacements } from './ablation.js';
import type { Component } from './component.js';

/** Inputs that gradients are taken on, and directions of the logits of each. */
const INPUTS = 64;
const DIRECTIONS = 2;
/** What a row costs that is differentiated: the pass, and the way back at twice its price. */
export const GRADIENT = 3;
/** Rows that an estimate costs. */
export const ATTRIBUTION = INPUTS * DIRECTIONS * GRADIENT;

/** Logits as the likeliest answer against the rest. */
interface Answer {
  readonly top: number;
  /** its logit, less the log of the sum of exponentials of the others */
  readonly margin: number;
  /** probabilities of the others among themselves; 0 for the likeliest */
  readonly rest: Float64Array;
}

function answerOf(logits: Float32Array): Answer {
  const top = argmax(logits);
  let second = -Infinity;
  for (let i = 0; i < logits.length; i++) if (i !== top && logits[i]! > second) second = logits[i]!;
  const rest = Float64Array.from(logits, (value, i) => (i === top ? 0 : Math.exp(value - second)));
  let sum = 0;
  for (const value of rest) sum += value;
  for (let i = 0; i < rest.length; i++) rest[i]! /= sum;
  return { top, margin: logits[top]! - second - Math.log(sum), rest };
}

/** In which the margin grows the fastest. */
function marginDirection({ top, rest }: Answer): Float32Array {
  const direction = Float32Array.from(rest, (share) => -share);
  direction[top] = 1;
  return direction;
}

/** A random direction v with E (v . d)^2 = the variance of d under the probabilities of the rest: twice the KL divergence among them that a small change d causes. */
function restDirection({ rest }: Answer, sign: () => number): Float32Array {
  const direction = Float32Array.from(rest, (share) => sign() * Math.sqrt(share));
  let along = 0;
  for (const one of direction) along += one;
  for (let i = 0; i < rest.length; i++) direction[i]! -= along * rest[i]!;
  return direction;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** KL divergence of two answers, from their margins. */
export const marginDivergence = (before: number, after: number): number =>
  Math.max(
    0,
    sigmoid(before) * (softplus(-after) - softplus(-before)) + sigmoid(-before) * (softplus(after) - softplus(before)),
  );

export interface AttributeOptions {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Estimates of the mean KL divergence in nats that patching each component alone causes. It has two parts: that of the likeliest answer against the rest, of which the margin is taken to move by as much as the
 * gradient says, and that among the rest, to second order, by a random direction of each input.
 * @returns undefined where the model cannot be differentiated, or what is put in is no activation
 */
export async function attributedEffects<I>(
  model: Model,
  task: Task<I>,
  examples: Examples<I>,
  all: readonly Component[],
  replacements: Replacements,
  { seed, signal }: AttributeOptions,
): Promise<ReadonlyMap<Component, number> | undefined> {
  if (!model.attribute) return undefined;
  const axes = new Map(all.map(({ site, axis }) => [site, axis]));
  // of two kinds of component at one site only one can be told apart
  if (all.some(({ site, axis }) => axes.get(site) !== axis)) return undefined;
  const { inputs, groups } = task.encode(examples, model);
  const { position = -1 } = task.behaviour;
  const sums = new Map(all.map((one) => [one, 0]));
  let count = 0;
  for (const group of groups) {
    await breathe(signal);
    // part of a batch of several lengths may be padded otherwise
    const batch = group.map((row) => inputs[row]!);
    const whole = batch.every(isTokens) && lengthsOf(batch) !== undefined;
    const rows = whole ? group : group.filter((row) => row < INPUTS);
    if (rows.length === 0) continue;
    count += rows.length;
    const put = replacements(rows);
    const towards = new Map<string, Activation>();
    for (const site of axes.keys()) {
      const by = put(site);
      if (by.kind !== 'value' || typeof by.value === 'number') return undefined;
      towards.set(site, { site, shape: by.value.shape, data: by.value.data as Float32Array });
    }
    const answers: Answer[] = [];
    const pass = (direction: (row: number) => Float32Array) =>
      passOf(signal, GRADIENT * rows.length, () =>
        model.attribute!(
          rows.map((row) => inputs[row]!),
          {
            towards,
            axes,
            logits: rows.map((row) =>
              typeof position === 'function' ? position(examples.inputs[row]!, model.tokenizer) : position,
            ),
            direction: (logits, row) => {
              answers[row] ??= answerOf(logits);
              return direction(row);
            },
          },
        ),
      );
    const margins = await pass((row) => marginDirection(answers[row]!));
    if (!margins) return undefined;
    const add = (found: ReadonlyMap<string, Activation>, effect: (moved: number, answer: Answer) => number): void => {
      for (const one of all) {
        const { shape, data } = found.get(one.site)!;
        let sum = 0;
        for (let row = 0; row < rows.length; row++) sum += effect(data[row * shape[1]! + one.index]!, answers[row]!);
        sums.set(one, sums.get(one)! + sum);
      }
    };
    add(margins, (moved, { margin }) => marginDivergence(margin, margin + moved));
    // two answers have no rest
    if (answers[0]!.rest.length <= 2) continue;
    const stream = random(seed, `rest ${rows[0]!}`);
    const others = await pass((row) => restDirection(answers[row]!, () => 2 * stream.below(2) - 1));
    if (!others) return undefined;
    add(others, (moved, { margin }) => (sigmoid(-margin) * moved ** 2) / 2);
  }
  return new Map([...sums].map(([one, sum]) => [one, Number.isFinite(sum) ? sum / count : Number.MAX_VALUE]));
}
