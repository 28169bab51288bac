import type * as fc from 'fast-check';
import { z } from 'zod';
import { number, plural } from '../src/format.js';
import { clock } from '../src/signal.js';
import type { AnyTask } from '../src/task/task.js';
import type { ClaimEvidence } from '../src/claims/claim.js';
import { environmentOf, modelEvidence } from '../src/model/evidence.js';
import { taskEvidence } from '../src/task/evidence.js';
import { inputInWords } from '../generators/_internals/printed.js';
import type { Example } from '../generators/_internals/pool.js';
import { searchDifferences, type Agreement, type Pair } from '../search/differences.js';
import { requireModel } from './circuit.js';
import { checkSchema, claimShape, judged, type ClaimOptions } from './claim.js';
import type { MatcherContext, MatcherResult } from './context.js';
import { Failures } from './failures.js';
import { searchEvidence } from './trial-evidence.js';

const NAME = 'toBehaveLike';

export interface BehaveLikeOptions extends ClaimOptions {
  /** what must agree: the behaviour's `score` (default), the `answer` (the token with the largest logit), or all `probabilities` */
  readonly agree?: Agreement | undefined;
  /** how far scores, or any probability, may be apart. Default 0.001; with accuracy, both right or both wrong */
  readonly tolerance?: number | undefined;
  /** a finite task of at most so many inputs is run whole, in its order; of any other so many are drawn. Default 1000 */
  readonly runs?: number | undefined;
  /** fast-check's parameters, unchanged */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: fc.Parameters<[Example<any>]> | undefined;
}

export const agreeShape = z.enum(['score', 'answer', 'probabilities']);

const schema = z.strictObject({
  ...claimShape,
  agree: agreeShape.default('score'),
  tolerance: z.number().min(0).default(0.001),
  runs: z.int().min(1).default(1000),
  check: checkSchema,
});

/** What two models made of an input, in words. */
export const pairLines = (
  { scores, answers, distance }: Pair,
  { behaviour }: AnyTask,
  names: readonly [string, string],
): string[] => [
  `${behaviour.name}: ${names[0]} ${number(scores[0])}, ${names[1]} ${number(scores[1])}`,
  `answers: ${names[0]} token ${answers[0]}, ${names[1]} token ${answers[1]}; probabilities up to ${number(distance)} apart`,
];

export const agreement = (what: Agreement, { behaviour }: AnyTask, tolerance: number): string =>
  what === 'answer'
    ? 'the same answer'
    : what === 'score'
      ? `the same ${behaviour.name}, within ${number(tolerance)}`
      : `the same probabilities, within ${number(tolerance)}`;

/**
 * Passes where both models behave the same on every input of the task (of a finite task that is small enough, all of them; else as many as are drawn). Under `.not`
 * passes where an input is found on which they do not. Fails with the smallest such input. A search that reached a limit first is undecided and fails both ways.
 *
 * A behaviour relative to a clean output takes the other model's output for it: with `klToClean()` this is the divergence from the other model.
 * @param received a Model
 * @param other a Model, of any kind
 * @throws OptionError, InputError, ... where nothing could be judged
 */
export function toBehaveLike(
  this: MatcherContext,
  received: unknown,
  other: unknown,
  options: BehaveLikeOptions,
): Promise<MatcherResult> {
  const argument = (other as { name?: unknown } | null)?.name;
  return judged(
    this,
    NAME,
    schema,
    options,
    typeof argument === 'string' ? argument : 'other',
    async ({
      options: { on, agree: what, tolerance, runs, check, batch = 256, maxSeconds, maxPasses },
      seed,
      signal,
      place,
    }) => {
      const model = requireModel(received, NAME);
      const second = requireModel(other, `${NAME}(other)`);
      const failures = new Failures(place, `${model.name} like ${second.name}: ${on.name}`);
      const started = clock();
      const { different, search, again, all, inputs } = await searchDifferences([model, second], {
        on,
        what,
        tolerance,
        runs,
        seed,
        batch,
        maxSeconds,
        maxPasses,
        signal,
        check,
        remembered: failures.entries(),
      });
      const { stopped, details } = search;
      const shown = different && inputInWords(different.input.input);
      if (different)
        failures.settle({
          description: shown!,
          seed: details.seed,
          path: again ? undefined : (details.counterexamplePath ?? undefined),
          value: shown,
        });
      else if (stopped === undefined && check?.path === undefined) failures.settle(undefined);
      return {
        outcome: different ? 'fails' : stopped === undefined ? 'holds' : 'undecided',
        claim: `${agreement(what, on, tolerance)}, on every input`,
        received: different
          ? 'different on an input'
          : stopped === undefined
            ? `the same on ${all ? `all ${details.numRuns} inputs` : plural(inputs, 'input')}`
            : `undecided: the search was stopped, ${stopped}`,
        reasons:
          stopped === undefined
            ? []
            : [
                different
                  ? `Not shrunk to the end: ${stopped}.`
                  : `${plural(details.numRuns, 'input')} of ${details.runConfiguration.numRuns} were run, and none differed.`,
              ],
        ...(stopped !== undefined &&
          !different && { wouldSettle: 'more time or forward passes (maxSeconds, maxPasses), or fewer `runs`' }),
        task: taskEvidence(
          on,
          inputs,
          inputs < details.numRuns
            ? [`${details.numRuns} were drawn`]
            : all
              ? on.examples(details.numRuns, seed).notes
              : [],
        ),
        models: [modelEvidence(model), modelEvidence(second)],
        ...(different && {
          counterexample: {
            description: `on ${shown!}`,
            input: shown,
            measured: pairLines(different.pair, on, [model.name, second.name]),
          },
        }),
        search: searchEvidence(search, again),
        seed,
        environment: environmentOf([model, second]),
        seconds: (clock() - started) / 1000,
      } satisfies ClaimEvidence;
    },
  );
}
