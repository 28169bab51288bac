/** Looks for the least intervention, and the simplest inputs, on which it does one thing to a model and another to a second. */
import type * as fc from 'fast-check';
import type { CommonIntervention } from '../src/implementations/common-intervention.js';
import { bySimplicity } from '../generators/_internals/pool.js';
import { subsets } from '../generators/_internals/subsets.js';
import type { ImplementationDescription } from '../generators/_internals/generated-implementation.js';
import type { Responses } from '../src/verdict/twins/responses.js';
import type { SearchLimits } from './budget.js';
import { checkBatched, type SearchDetails } from './check.js';
import { readable } from './remembered.js';
import { parts, TwinRunner, type TwinEffect, type TwinIntervention, type TwinRunnerOptions } from './twin-runner.js';

export interface TwinSearchOptions extends TwinRunnerOptions, Omit<SearchLimits, 'batch' | 'signal'> {
  readonly seed: number;
  /** the draw that the search begins with */
  readonly draw: CommonIntervention;
  /** its number among all draws: the first of the path */
  readonly number: number;
  /** false: what is found is left as it was drawn */
  readonly shrink: boolean;
  /** fast-check's parameters; with `path` it replays */
  readonly check?: fc.Parameters<[TwinIntervention]> | undefined;
  /** what failed before: tried first */
  readonly remembered?: readonly ImplementationDescription[] | undefined;
}

/** Inputs on which an intervention parts two models, and how. */
export interface FewInputs {
  readonly inputs: readonly unknown[];
  readonly responses: Responses;
}

/** An intervention that parts two models. */
export interface TwinsParted {
  readonly intervention: TwinIntervention;
  /** the same on the candidate */
  readonly twin: TwinIntervention;
  readonly effect: TwinEffect;
  /** undefined where it was not shrunk */
  readonly few: FewInputs | undefined;
}

export interface TwinSearch {
  readonly parted: TwinsParted | undefined;
  readonly search: SearchDetails<TwinIntervention>;
  /** true where what failed before failed again: `search` is then of that alone */
  readonly again: boolean;
}

/** Two inputs have one distance, and nothing to turn it against. */
const FEWEST_INPUTS = 3;

/**
 * Shrinks a draw that parts two models: to the fewest components, then to a single input that they are taken from, then to the fewest and simplest inputs that still show it.
 * @throws whatever the models throw; RepresentationError, CancelledError
 */
export async function searchTwins(options: TwinSearchOptions): Promise<TwinSearch> {
  const { seed, draw, number, shrink, check = {}, remembered = [], maxSeconds, maxPasses, signal } = options;
  const runner = new TwinRunner(options);
  const limits = { batch: 1, maxSeconds, maxPasses, signal };
  const search = (parameters: fc.Parameters<[TwinIntervention]>): Promise<SearchDetails<TwinIntervention>> =>
    checkBatched(
      runner.arbitrary,
      async ([one], { spend }) => {
        spend(runner.passes);
        return [!parts(await runner.effect(one!))];
      },
      parameters,
      limits,
    );
  const result = async (found: SearchDetails<TwinIntervention>, again: boolean): Promise<TwinSearch> => {
    const intervention = found.details.counterexample?.[0];
    if (!intervention) return { parted: undefined, search: found, again };
    const effect = await runner.effect(intervention);
    const { errorInstance } = found.details as { errorInstance?: unknown };
    // what a model threw is no counterexample
    if (!parts(effect) && errorInstance) throw errorInstance;
    const few = shrink ? await fewest(effect, options) : undefined;
    return { parted: { intervention, twin: runner.twin(intervention), effect, few }, search: found, again };
  };

  if (check.path === undefined && remembered.length > 0) {
    const known = readable(remembered, (description) => runner.parse(description));
    if (known.length > 0) {
      const found = await search({
        seed,
        examples: known.map((one): [TwinIntervention] => [one]),
        numRuns: known.length,
        endOnFailure: true,
      });
      if (found.details.failed && found.details.counterexample) return result(found, true);
    }
  }
  // its number is the beginning of the path, so that the path says which draw to make again
  const first = runner.ofDraw(draw);
  return result(
    await search({
      seed,
      path: String(number),
      endOnFailure: !shrink,
      ...check,
      examples: Array.from({ length: number + 1 }, (): [TwinIntervention] => [first]),
      numRuns: 1,
    }),
    false,
  );
}

/** The number of the draw that a path begins with; undefined for what is no path. */
export function drawOfPath(path: string): number | undefined {
  return /^\d{1,6}(:\d+)*$/.test(path) ? Number.parseInt(path, 10) : undefined;
}

/** The fewest inputs over which the intervention still parts the two models, the simplest first. No model runs. */
async function fewest(
  effect: TwinEffect,
  { on, models, examples, rows, seed, maxSeconds, signal }: TwinSearchOptions,
): Promise<FewInputs> {
  const places = rows ? Array.from(rows) : examples.inputs.map((_, at) => at);
  const { inputs } = on.encode(examples, models[0]);
  const order = places.map((_, at) => at).toSorted((a, b) => bySimplicity(inputs[places[a]!]!, inputs[places[b]!]!));
  const { details } = await checkBatched<number[]>(
    subsets(order, Math.min(FEWEST_INPUTS, order.length)),
    async (values) => values.map((some) => !parts(effect.over(some))),
    { seed, examples: [[order]], numRuns: 1 },
    { batch: 1, maxSeconds, signal },
  );
  const found = details.counterexample?.[0] ?? order;
  return { inputs: found.map((at) => examples.inputs[places[at]!]), responses: effect.over(found) };
}
