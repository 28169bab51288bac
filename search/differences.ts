/** Looks for an input on which two models behave differently. */
import * as fc from 'fast-check';
import type { ModelInput } from '../src/model/input.js';
import type { Model } from '../src/model/model.js';
import { argmax } from '../src/argmax.js';
import { rowOf } from '../src/task/behaviour.js';
import { distinctKey } from '../src/task/distinct.js';
import { passOf } from '../src/rows.js';
import { breathe } from '../src/signal.js';
import { groupInputs } from '../src/task/encode.js';
import type { Task } from '../src/task/task.js';
import { encodeOne } from '../generators/_internals/pool.js';
import { inputs, type Example } from '../generators/inputs.js';
import type { Budget, SearchLimits } from './budget.js';
import { checkBatched, type SearchDetails } from './check.js';
import { stillThere, type Remembered } from './remembered.js';

/** What two models made of one input: each one's score, and what they answer. */
export interface Pair {
  readonly scores: readonly [number, number];
  /** the largest logit's token */
  readonly answers: readonly [number, number];
  /** largest difference between probabilities */
  readonly distance: number;
}

function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  const probabilities = (logits: Float32Array): number[] => {
    const top = Math.max(...logits);
    const exp = Array.from(logits, (value) => Math.exp(value - top));
    const sum = exp.reduce((x, y) => x + y, 0);
    return exp.map((value) => value / sum);
  };
  const other = probabilities(b);
  return probabilities(a).reduce(
    (most, p, i) => (Math.abs(p - other[i]!) > most || Number.isNaN(p - other[i]!) ? Math.abs(p - other[i]!) : most),
    0,
  );
}

/** Both models on inputs, many to a pass. A relative behaviour compares the first model with the second in place of with itself. */
export class PairRunner<I> {
  private readonly known = new Map<I, Pair>();

  constructor(
    private readonly models: readonly [Model, Model],
    private readonly task: Task<I>,
  ) {}

  private async logits(model: Model, list: readonly I[], budget: Budget | undefined): Promise<Float32Array[]> {
    const { position = -1 } = this.task.behaviour;
    const encoded: readonly ModelInput[] = list.map((input) => encodeOne(this.task, input, model));
    const found: Float32Array[] = Array.from({ length: list.length });
    for (const rows of groupInputs(encoded, model)) {
      await breathe(budget?.signal);
      budget?.spend(1);
      const at = rows.map((row) => (typeof position === 'function' ? position(list[row]!, model.tokenizer) : position));
      const { logits } = await passOf(budget?.signal, rows.length, () =>
        model.run(
          rows.map((row) => encoded[row]!),
          { logits: at },
        ),
      );
      rows.forEach((row, i) => (found[row] = rowOf(logits, i).slice()));
    }
    return found;
  }

  async pairs(list: readonly I[], budget?: Budget): Promise<Pair[]> {
    const missing = [...new Set(list)].filter((input) => !this.known.has(input));
    if (missing.length > 0) {
      const [first, second] = this.models;
      const one = await this.logits(first, missing, budget);
      const other = await this.logits(second, missing, budget);
      const { behaviour } = this.task;
      missing.forEach((input, i) => {
        const clean = other[i]!;
        this.known.set(input, {
          scores: [
            behaviour.score(one[i]!, input, behaviour.relative ? clean : one[i]!, first.tokenizer),
            behaviour.score(clean, input, clean, second.tokenizer),
          ],
          answers: [argmax(one[i]!), argmax(clean)],
          distance: distance(one[i]!, clean),
        });
      });
    }
    return list.map((input) => this.known.get(input)!);
  }
}

/** What must agree: the behaviour's score, the answer (the largest logit), or all probabilities. */
export type Agreement = 'score' | 'answer' | 'probabilities';

/** @param tolerance between scores, or probabilities */
export function agree({ scores: [a, b], answers, distance: apart }: Pair, what: Agreement, tolerance: number): boolean {
  if (what === 'answer') return answers[0] === answers[1];
  // scores that are both infinite agree
  return what === 'score' ? Object.is(a, b) || Math.abs(a - b) <= tolerance : apart <= tolerance;
}

export interface DifferencesOptions<I> extends SearchLimits {
  readonly on: Task<I>;
  readonly what: Agreement;
  readonly tolerance: number;
  /** inputs of a finite task up to which all are run, in their order; of others so many are drawn */
  readonly runs: number;
  readonly seed: number;
  readonly check?: fc.Parameters<[Example<I>]> | undefined;
  /** inputs that differed before: those that the task still has are tried first */
  readonly remembered?: readonly Remembered[] | undefined;
}

export interface Differences<I> {
  readonly different: { readonly input: Example<I>; readonly pair: Pair } | undefined;
  readonly search: SearchDetails<Example<I>>;
  readonly again: boolean;
  /** distinct inputs that were run */
  readonly inputs: number;
  /** true where every input of the task was run */
  readonly all: boolean;
}

/**
 * Runs every input of a finite task that is not too large, in its order, else inputs drawn by fast-check. The first in order that differs is the smallest of a list;
 * what was drawn shrinks as the task's inputs do.
 * @throws CancelledError and whatever the models throw
 */
export async function searchDifferences<I>(
  models: readonly [Model, Model],
  options: DifferencesOptions<I>,
): Promise<Differences<I>> {
  const { on, what, tolerance, runs, seed, check = {}, remembered = [], ...limits } = options;
  const arbitrary = inputs(on, { model: models[0] });
  const runner = new PairRunner(models, on);
  const run = new Set<string>();
  const search = (parameters: fc.Parameters<[Example<I>]>): Promise<SearchDetails<Example<I>>> =>
    checkBatched(
      arbitrary,
      async (batch, budget) => {
        for (const { input } of batch) run.add(distinctKey(input));
        return (
          await runner.pairs(
            batch.map(({ input }) => input),
            budget,
          )
        ).map((pair) => agree(pair, what, tolerance));
      },
      parameters,
      limits,
    );
  const result = async (found: SearchDetails<Example<I>>, again: boolean, all: boolean): Promise<Differences<I>> => {
    const input = found.details.counterexample?.[0];
    const { errorInstance } = found.details;
    const [pair] = input && !errorIsOurs(errorInstance) ? await runner.pairs([input.input]) : [];
    if (input && pair === undefined) throw errorInstance;
    // more may have been judged than count
    return {
      different: input && { input, pair: pair! },
      search: found,
      again,
      all,
      inputs: Math.min(run.size, found.details.numRuns),
    };
  };
  const listed = on.size !== undefined && on.size <= runs ? on.examples(on.size, seed).inputs : undefined;
  const example = (input: I): [Example<I>] => [{ input, encoded: encodeOne(on, input, models[0]) }];
  if (check.path === undefined && remembered.length > 0) {
    const known = stillThere(remembered, { on, model: models[0], arbitrary, check, runs, seed });
    if (known.length > 0) {
      const found = await search({ seed, examples: known.map((one): [Example<I>] => [one]), numRuns: known.length });
      // nothing else comes of it: not what a model throws, and not a limit that was reached
      if (found.details.failed && !errorIsOurs(found.details.errorInstance)) return result(found, true, false);
    }
  }
  const own = check.examples ?? [];
  // the first in order is the simplest of a list: nothing to shrink
  if (listed) {
    const examples = [...own, ...listed.map(example)];
    return result(await search({ seed, ...check, examples, numRuns: examples.length }), false, true);
  }
  const global = fc.readConfigureGlobal() as fc.Parameters<[Example<I>]>;
  return result(
    await search({ seed, ...check, examples: own, numRuns: own.length + (check.numRuns ?? global.numRuns ?? runs) }),
    false,
    false,
  );
}

/** fast-check's own error where the answer was false carries no news; anything else was thrown by a model. */
const errorIsOurs = (error: unknown): boolean =>
  error !== null &&
  error !== undefined &&
  !(error instanceof Error && error.message === 'Property failed by returning false');
