import * as fc from 'fast-check';
import { z } from 'zod';
import { RepresentationError } from '../src/errors.js';
import { number, plural } from '../src/format.js';
import { copyLimit } from '../src/measure/copies.js';
import { measureNames, measures, type MeasureName } from '../src/measure/index.js';
import type { Model } from '../src/model/model.js';
import { checkSites, featuresOf, type Pool } from '../src/representation/capture.js';
import { addGrams, gramOf, someRows, type Gram } from '../src/representation/gram.js';
import { clock } from '../src/signal.js';
import { runExamples } from '../src/task/run.js';
import { alikeFor } from '../src/task/distinct.js';
import type { AnyExamples, AnyTask } from '../src/task/task.js';
import type { ClaimEvidence } from '../src/claims/claim.js';
import { environmentOf, modelEvidence } from '../src/model/evidence.js';
import { taskEvidence } from '../src/task/evidence.js';
import { inputInWords } from '../generators/_internals/printed.js';
import { agree, PairRunner, type Agreement, type Pair } from '../search/differences.js';
import { checkBatched } from '../search/index.js';
import { changesOf, withChanged, type ModelChange, type ModelChanges } from './changes.js';
import { requireModel } from './circuit.js';
import { checkSchema, claimShape, judged, type ClaimOptions } from './claim.js';
import type { MatcherContext, MatcherResult } from './context.js';
import { agreement, agreeShape, pairLines } from './toBehaveLike.js';
import { searchEvidence } from './trial-evidence.js';

const NAME = 'toBeInvariantUnder';

export interface InvariantUnderOptions extends ClaimOptions {
  /** what must agree on every example: all `probabilities` (default), the `answer`, or the behaviour's `score` */
  readonly agree?: Agreement | undefined;
  /** how far they may be apart. Default 0.001: changes that keep a function exactly keep it up to rounding */
  readonly tolerance?: number | undefined;
  /** examples that behaviour and representation are taken over. Default 200 */
  readonly inputs?: number | undefined;
  /** false: only behaviour matters. Default true: the representations may not be farther apart than copies are */
  readonly representation?: boolean | undefined;
  /** of representations. Default `cka` */
  readonly measure?: MeasureName | undefined;
  /** how far apart they may be. Default: the measure's own resolution on top of how far it finds a copy, below which representations count as copies */
  readonly resolution?: number | undefined;
  /** Default: what each model takes for its representation */
  readonly sites?: readonly string[] | undefined;
  /** what becomes of the positions. Default `last` */
  readonly pool?: Pool | undefined;
  /** fast-check's parameters, unchanged. Of an arbitrary `numRuns` (default 20: each is a model of its own) changes are drawn; of a list all are tried */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly check?: fc.Parameters<[any]> | undefined;
}

const schema = z.strictObject({
  ...claimShape,
  agree: agreeShape.default('probabilities'),
  tolerance: z.number().min(0).default(0.001),
  inputs: z.int().min(2).default(200),
  representation: z.boolean().default(true),
  measure: z.enum(measureNames).default('cka'),
  resolution: z.number().min(0).optional(),
  sites: z.array(z.string()).min(1).optional(),
  pool: z.enum(['mean', 'last', 'none']).default('last'),
  check: checkSchema,
});

/** Models to build and run for an arbitrary of changes. */
const DRAWN = 20;

interface Moved {
  /** the first example on which the two differ */
  readonly behaviour: { readonly input: unknown; readonly pair: Pair } | undefined;
  /** of the representations; undefined where they were not compared */
  readonly distance: number | undefined;
}

async function gram(
  model: Model,
  task: AnyTask,
  examples: AnyExamples,
  rows: Uint32Array | undefined,
  sites: readonly string[] | undefined,
  pool: Pool,
  signal: AbortSignal,
): Promise<Gram> {
  const names = sites ?? model.representationSites;
  checkSites(model, names);
  const { batches } = await runExamples(model, task, examples, { capture: names, signal });
  return addGrams(
    names.map((name) =>
      gramOf(
        someRows(
          featuresOf(
            model.sites.find((site) => site.name === name)!,
            batches,
            pool,
          ),
          rows,
        ),
        { where: `${model.name}, ${name}`, constant: 'zero' },
      ),
    ),
  );
}

/**
 * Passes where no change moves what the model does, or how: behaviour on every example, and (unless `representation: false`) the distance between the model's
 * representation and the changed model's. For symmetries, which ought to move neither; under `.not` passes where a change moves one of them, as mutants should.
 * Fails with the smallest change. A search that reached a limit first is undecided and fails both ways.
 *
 * @param received a Model
 * @param changes `symmetries(model)` or another arbitrary of changes, a list, or one: `{ words, apply }` or `{ words, model }`
 * @throws OptionError, RepresentationError, ... where nothing could be judged
 */
export function toBeInvariantUnder(
  this: MatcherContext,
  received: unknown,
  changes: ModelChanges,
  options: InvariantUnderOptions,
): Promise<MatcherResult> {
  return judged(this, NAME, schema, options, 'changes', async ({ options: given, seed, signal }) => {
    const {
      on,
      agree: what,
      tolerance,
      inputs,
      representation,
      measure,
      sites,
      pool,
      check = {},
      maxSeconds,
      maxPasses,
    } = given;
    const model = requireModel(received, NAME);
    const { arbitrary, listed } = changesOf(changes);
    const started = clock();
    const examples = on.examples(inputs, seed);
    const rows = alikeFor(on, examples, [model])?.first;
    const own = representation ? await gram(model, on, examples, rows, sites, pool, signal) : undefined;
    const copies =
      own && given.resolution === undefined
        ? (await measures[measure].distances([own], { seed, splits: 1, distinct: true, signal })).copies
        : undefined;
    const resolution = given.resolution ?? copyLimit(copies, measures[measure].resolution);
    const known = new WeakMap<ModelChange, Moved>();

    const moved = (change: ModelChange, spend: (passes: number) => void): Promise<Moved> =>
      withChanged(change, async (changed) => {
        const runner = new PairRunner([model, changed], on);
        const pairs = await runner.pairs(examples.inputs, { signal, spend });
        const at = pairs.findIndex((pair) => !agree(pair, what, tolerance));
        let apart: number | undefined;
        if (own && at < 0) {
          spend(1);
          const { data } = await measures[measure].distances(
            [own, await gram(changed, on, examples, rows, sites, pool, signal)],
            { seed, splits: 1, signal },
          );
          apart = data[1]!;
          if (Number.isNaN(apart))
            throw new RepresentationError({
              what: `the ${measure} distance is not a number`,
              where: change.description,
              hint: 'use another measure',
            });
        }
        const found: Moved = {
          behaviour: at < 0 ? undefined : { input: examples.inputs[at], pair: pairs[at]! },
          distance: apart,
        };
        known.set(change, found);
        return found;
      });
    // one model at a time: each fills its own batches
    const search = await checkBatched<ModelChange>(
      arbitrary,
      async ([change], { spend }) => {
        const { behaviour, distance } = await moved(change!, spend);
        return [behaviour === undefined && (distance === undefined || distance <= resolution)];
      },
      listed
        ? { seed, ...check, examples: listed.map((change): [ModelChange] => [change]), numRuns: listed.length }
        : { numRuns: fc.readConfigureGlobal().numRuns ?? DRAWN, seed, ...check },
      { batch: 1, maxSeconds, maxPasses, signal },
    );
    const { details, stopped } = search;
    const change = details.counterexample?.[0];
    const found = change && known.get(change);
    // the change could not be applied, or the changed model not run: no verdict on the model
    if (change && !found) throw details.errorInstance;
    const measured = !found
      ? []
      : found.behaviour
        ? [`on ${inputInWords(found.behaviour.input)}`, ...pairLines(found.behaviour.pair, on, [model.name, 'changed'])]
        : [`representations ${number(found.distance!)} apart (${measure}), at most ${number(resolution)} allowed`];
    return {
      outcome: change ? 'fails' : stopped === undefined ? 'holds' : 'undecided',
      claim: `${agreement(what, on, tolerance)}${representation ? `, and representations at most ${number(resolution)} apart (${measure})` : ''}, whatever the change`,
      received: change
        ? `moved by a change: ${found!.behaviour ? 'its behaviour' : 'its representation'}`
        : stopped === undefined
          ? `not moved by ${plural(details.numRuns, 'change')}`
          : `undecided: the search was stopped, ${stopped}`,
      reasons:
        stopped === undefined
          ? []
          : [
              change
                ? `Not shrunk to the end: ${stopped}.`
                : `${plural(details.numRuns, 'change')} of ${details.runConfiguration.numRuns} were tried, and none moved it.`,
            ],
      ...(stopped !== undefined &&
        !change && {
          wouldSettle: 'more time or forward passes (maxSeconds, maxPasses), or fewer changes (check.numRuns)',
        }),
      task: taskEvidence(on, examples.inputs.length, examples.notes),
      models: [modelEvidence(model)],
      ...(change && { counterexample: { description: change.description, measured } }),
      search: searchEvidence(search),
      seed,
      environment: environmentOf([model]),
      seconds: (clock() - started) / 1000,
    } satisfies ClaimEvidence;
  });
}
