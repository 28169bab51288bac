/** Interchange intervention training (Geiger et al. 2022, arXiv 2112.00826) and its strict form (Gupta et al. 2024, arXiv 2407.14494): a transformer learns to compute a program with each variable in given parts. */
import { OptionError, TrainingError } from '../errors.js';
import { transformer, type Transformer } from '../model/formats/transformer/run/model.js';
import type { Weights } from '../model/formats/transformer/file/weights.js';
import { checkOptions } from '../options.js';
import type { Alignment } from '../program/alignment.js';
import { Apart } from '../program/interchange/apart.js';
import { interchangeAccuracy, type InterchangeAccuracy } from '../program/interchange/accuracy.js';
import type { Placed } from '../program/interchange/placed.js';
import { placesOf } from '../program/interchange/places.js';
import { InterchangeRunner } from '../program/interchange/runner.js';
import type { Value } from '../program/language/value.js';
import { checkProgram, type Program } from '../program/program.js';
import { breathe, clock } from '../signal.js';
import { backend as openBackend } from '../tensor/backend.js';
import { adamStep, averageStep, noMoments, normOf, rateAt } from './adam.js';
import { configOf } from './architecture.js';
import { batchOf, chancesFor, RowMasks } from './batches.js';
import { hashOf, programKey, readCheckpoint, writeCheckpoint, type Origin, type TrainingState } from './checkpoint.js';
import { measured, Window, type HistoryEntry, type Three } from './history.js';
import { trainingInputs } from './inputs.js';
import { trainSchema, type TrainOptions } from './options.js';
import { checkOrder } from './order.js';
import { differentiated } from './pass.js';
import { randomAlignment } from './random-alignment.js';
import { strictAccuracy, unitsFor, type UnitAccuracy } from './strict.js';
import { initialWeights } from './weights.js';

/** Steps between two entries of the history, checkpoints and looks at whether it is enough. */
const EVERY = 100;
/** The accuracies of steps that are so little below the threshold are a reason to measure. */
const NEAR = 0.08;
/** Interchanges that one set of variables is measured with, and swaps of one component, where they are not all tried. */
const LIMIT = 1024;
/** So many are enough to see that a model is not there yet: what is right in 0.99 of all is hardly ever right in less than 0.95 of these. */
const FEW = 128;
const FAR = 0.04;

/** What a trained model does, measured on inputs that were kept for it. */
export interface TrainedAccuracy extends Three {
  /** of each variable, of sets, and of each variable at some positions; `interchange` is the lowest */
  readonly interchanges: InterchangeAccuracy;
  /** of each component without a variable and of all; `strict` is the lowest. None where the strict loss counts nothing: then `strict` is 1 */
  readonly swaps: readonly UnitAccuracy[];
}

/** What `train` resolves to. */
export interface Training {
  /** as `compile` makes them: class i of its logits at position i + 1 is `program.outputs[i]` */
  readonly model: Transformer;
  readonly alignment: Alignment;
  readonly accuracy: TrainedAccuracy;
  /** an entry for every 100 steps */
  readonly history: readonly HistoryEntry[];
  /** of all accuracies at the threshold, of the steps, or of the time */
  readonly stopped: 'accurate' | 'steps' | 'seconds';
  readonly steps: number;
  /** Frees the model. */
  dispose(): void;
}

/** @throws OptionError for parts that cannot be trained */
function checkParts(placed: readonly Placed[]): void {
  for (const { name, parts } of placed)
    for (const { site, directions } of parts) {
      const where = `alignment.${name}`;
      if (directions !== undefined)
        throw new OptionError({
          what: `${name} is in a subspace of ${site.name}`,
          where,
          hint: 'give whole features: training may rotate them as it likes',
        });
      if (site.axes[0] !== 'position')
        throw new OptionError({
          what: `${site.name} has no vector at each position, which training needs`,
          where,
          hint: 'align the variable to heads (attn.hook_z), neurons (mlp.hook_post) or the residual stream',
        });
    }
}

const copyOf = (weights: Weights): Weights =>
  new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

const reached = ({ behaviour, interchange, strict }: Three, threshold: number): boolean =>
  Math.min(behaviour, interchange, strict) >= threshold;

/**
 * Trains a transformer to answer as a program does, while each variable is in the parts that an alignment names. Each step has three losses: the answers; the answers to one input while the
 * parts of some variables hold what they held on others, where the program says what should come out; and the answers while components without a variable hold what they held on another, which must not matter.
 *
 * The model has the average of the weights over about the last hundred steps.
 *
 * All of it follows from the options: the same call gives the same weights on the same backend, whether it was interrupted and went on from a checkpoint or not. Only `seconds` depends on the machine.
 * @throws OptionError, ProgramError, InputError, InterventionError, ModelError for what does not fit together
 * @throws AlignmentError for a variable that stands before what it is computed from
 * @throws FileError for a checkpoint that is damaged or of another training
 * @throws TrainingError where a loss or gradient is no number any more
 * @throws CancelledError, BackendError
 */
export async function train<T extends Value, O extends Value>(
  program: Program<T, O>,
  options: TrainOptions<T>,
): Promise<Training> {
  checkProgram(program, 'train', 'what is trained');
  const own = checkOptions(trainSchema, options as TrainOptions<Value>, 'train options');
  const { seed, steps, threshold, batchSize, learningRate, weights: lossWeights, checkpoint, progress, signal } = own;
  const started = clock();
  const config = configOf(program, options.architecture);
  const backend = typeof own.backend === 'object' ? own.backend : await openBackend({ backend: own.backend });
  const initial = initialWeights(config, seed);
  const state: TrainingState = {
    step: 0,
    weights: initial,
    average: copyOf(initial),
    moments: noMoments(initial),
    wrong: { interchange: [], strict: [] },
    history: [],
  };
  const modelNow = (): Promise<Transformer> =>
    transformer(config, copyOf(state.average), {
      name: `${program.name}, trained, seed ${seed}`,
      backend,
      copy: false,
    });
  const first = await modelNow();
  const claimed = own.alignment ?? randomAlignment(program, options.architecture, { seed });
  const placed = placesOf(first, program, claimed);
  first.dispose();
  checkParts(placed);
  checkOrder(program, placed, first.sites);
  const alignment: Alignment = Object.fromEntries(
    placed.map(({ name, parts, positions }) => [
      name,
      parts.map(({ site, at }) => ({ site: site.name, at: { ...at, ...(positions && { position: positions }) } })),
    ]),
  );
  const units = lossWeights.strict > 0 ? unitsFor(config, placed) : undefined;
  const { training, measuring } = trainingInputs(program, options.inputs, seed);
  const origin: Origin = {
    program: programKey(program),
    architecture: hashOf(config),
    alignment: hashOf(alignment),
    inputs: hashOf(options.inputs === undefined ? undefined : training.all),
    options: hashOf([batchSize, learningRate, lossWeights]),
    seed: String(seed),
    backend: backend.name,
  };
  const chances = chancesFor(placed, units);
  state.wrong = { interchange: chances.interchange.wrong, strict: chances.strict.wrong };
  if (checkpoint !== undefined) await readCheckpoint(checkpoint, origin, state);

  /** the largest share that lately came out wrong, of the kinds of rows that count */
  const wrong = (): number => {
    const shares = (['interchange', 'strict'] as const).flatMap((kind) =>
      lossWeights[kind] > 0 ? chances[kind].wrong : [],
    );
    return shares.length > 0 ? Math.max(...shares) : 1;
  };

  const runner = new InterchangeRunner(first, program, placed, undefined, signal);
  const batches = {
    program,
    placed,
    units,
    sites: new Map(first.sites.map((site) => [site.name, site])),
    masks: new RowMasks(),
    pool: training,
    expectedOf: runner.expectedOf.bind(runner),
    reference: runner.reference.bind(runner),
    seed,
    rows: batchSize,
    weights: lossWeights,
    chances,
    apart: new Apart(runner, training, 2),
  };
  /** undefined as soon as one accuracy is below `least` */
  const measure = async (model: Transformer, least: number, limit = LIMIT): Promise<TrainedAccuracy | undefined> => {
    const common = { alignment, inputs: measuring, limit, seed, signal };
    const interchanges = await interchangeAccuracy(model, program, common);
    const { untouched, sets, several, apart } = interchanges;
    const behaviour = untouched.accuracy;
    const interchange = Math.min(...[...sets, ...(several ? [several] : []), ...apart].map(({ all }) => all.accuracy));
    if (Math.min(behaviour, interchange) < least) return undefined;
    const swaps = units === undefined ? [] : await strictAccuracy(model, program, common);
    const strict = Math.min(1, ...swaps.map(({ accuracy }) => accuracy));
    return strict < least ? undefined : { behaviour, interchange, strict, interchanges, swaps };
  };

  const window = new Window();
  const ended = async (
    stopped: Training['stopped'],
    known?: Pick<Training, 'model' | 'accuracy'>,
  ): Promise<Training> => {
    const model = known?.model ?? (await modelNow());
    try {
      const accuracy = known?.accuracy ?? (await measure(model, 0))!;
      const { history, step } = state;
      return { model, alignment, accuracy, history, stopped, steps: step, dispose: () => model.dispose() };
    } catch (error) {
      model.dispose();
      throw error;
    }
  };
  /** whether it is enough, on inputs that were kept for it; asked only where the last steps are near it, since the average is better than they are */
  const accurate = async (): Promise<Training | undefined> => {
    const last = state.history.at(-1);
    if (last?.step !== state.step || !reached(last.accuracies, threshold - NEAR)) return undefined;
    const model = await modelNow();
    try {
      const near = await measure(model, threshold - FAR, FEW);
      const accuracy = near && (await measure(model, threshold));
      if (accuracy !== undefined) return await ended('accurate', { model, accuracy });
    } catch (error) {
      model.dispose();
      throw error;
    }
    model.dispose();
    return undefined;
  };

  for (;;) {
    const enough = await accurate();
    if (enough !== undefined) return enough;
    do {
      if (state.step >= steps) return ended('steps');
      if (own.seconds !== undefined && clock() - started >= 1000 * own.seconds) return ended('seconds');
      await breathe(signal);
      const batch = batchOf(batches, state.step + 1);
      const { logits, gradients } = await differentiated(backend, config, state.weights, batch);
      const came = measured(batch, logits);
      for (const [i, which] of (['interchange', 'strict'] as const).entries())
        batch.kinds[which].forEach((kind, row) =>
          chances[which].observe(kind, !came.right[(i + 1) * batchSize + row]!),
        );
      const norm = normOf(gradients);
      if (!Number.isFinite(norm) || Object.values(came.losses).some((loss) => !Number.isFinite(loss)))
        throw new TrainingError({
          what: `training diverged in step ${state.step + 1}: the ${Number.isFinite(norm) ? 'loss' : 'gradient'} is no number any more`,
          where: `${program.name}, seed ${seed}`,
          hint: `lower learningRate, which is ${learningRate}, or give another seed; the last checkpoint, if one is written, stays`,
        });
      state.step++;
      adamStep(state.weights, state.moments, gradients, state.step, norm, rateAt(state.step, learningRate, wrong()));
      averageStep(state.average, state.weights, state.step);
      window.add(came);
    } while (state.step % EVERY !== 0);
    const entry = window.taken(state.step)!;
    state.history.push(entry);
    if (checkpoint !== undefined) await writeCheckpoint(checkpoint, origin, state);
    progress?.(entry);
  }
}
