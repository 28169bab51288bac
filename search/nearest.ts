/** Whether a model is nearer to implementations of a program than to those of rivals. */
import * as fc from 'fast-check';
import * as z from 'zod';
import { OptionError } from '../src/errors.js';
import type { Interval } from '../src/interval.js';
import { measures, type MeasureName } from '../src/measure/index.js';
import { requireModel } from '../src/model/is-model.js';
import type { Model } from '../src/model/model.js';
import { checkOptions, signalSchema, type ShapeOf } from '../src/options.js';
import { compile } from '../src/program/compile.js';
import type { Value } from '../src/program/language/value.js';
import { checkProgram, isProgram, type Program } from '../src/program/program.js';
import { programTask } from '../src/program/task.js';
import { random } from '../src/random.js';
import { featuresOf } from '../src/representation/capture.js';
import { addGrams, gramPieces, type Gram } from '../src/representation/gram.js';
import { inTurns } from '../src/signal.js';
import { mean } from '../src/statistics/mean.js';
import { binomialSequence, sideOf } from '../src/statistics/binomial-sequence.js';
import { runExamples } from '../src/task/run.js';
import { requireBehaviour, type Examples } from '../src/task/task.js';
import type { BackendName } from '../src/tensor/backend-names.js';
import { variations } from '../generators/variations.js';

/** Options of `nearestProgram`. */
export interface NearestOptions {
  /** programs that are computed in the model's place otherwise, on the same inputs */
  readonly ratherThan: readonly Program[];
  /** the measure of distance. @defaultValue 'ridge', which hardly notices what an implementation computes beside */
  readonly measure?: 'ridge' | 'cka' | 'procrustes' | undefined;
  /** pairs of implementations that are drawn for each rival, at most. @defaultValue 128 */
  readonly draws?: number | undefined;
  /** the rate of saying that the model is nearer to the program than to each rival where it is not, and that it is nearer to some rival where it is not. @defaultValue 0.05 */
  readonly alpha?: number | undefined;
  /** inputs that representations are taken over, at most. @defaultValue 200 */
  readonly inputs?: number | undefined;
  /** the position whose output the model must have right. @defaultValue -1 */
  readonly position?: number | undefined;
  /** what computes the implementations. @defaultValue the first that works, see `backend` */
  readonly backend?: BackendName | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

/** How the program does beside a rival. */
export interface RivalEvidence {
  readonly program: string;
  /** pairs: a random implementation of the program, and one of the rival */
  readonly tried: number;
  /** pairs of which the model is nearer to the first */
  readonly nearer: number;
  /** share of these, with limits that hold whenever drawing ends */
  readonly share: Interval;
  /** the mean distance of the model from the rival's implementations */
  readonly distance: number;
  readonly is: 'nearer' | 'farther' | 'open';
}

/** What `nearestProgram` resolves to. */
export interface NearestEvidence {
  readonly program: string;
  /** nearer: more than half of the pairs are nearer to the program, whatever the rival; farther: fewer are, of some rival */
  readonly outcome: RivalEvidence['is'];
  /** the mean distance of the model from implementations of the program */
  readonly distance: number;
  readonly rivals: readonly RivalEvidence[];
}

const programSchema = z.custom<Program>(isProgram, { error: 'give what `program` makes' });
const schema = z.strictObject({
  ratherThan: z.array(programSchema).min(1).readonly(),
  measure: z.enum(['ridge', 'cka', 'procrustes'] satisfies MeasureName[]).default('ridge'),
  draws: z.int().min(1).default(128),
  alpha: z.number().gt(0).lt(1).default(0.05),
  inputs: z.int().min(10).default(200),
  position: z.int().default(-1),
  backend: z.custom<BackendName>((v) => typeof v === 'string').optional(),
  seed: z.int().default(0),
  signal: signalSchema.optional(),
} satisfies ShapeOf<NearestOptions>);

/** Pairs between two looks. */
const BLOCK = 8;

type Inputs = Examples<readonly Value[]>;

/** The Gram of a model's default sites, averaged over positions. */
async function gramFor(model: Model, program: Program, examples: Inputs, position: number, signal?: AbortSignal) {
  const sites = model.sites.filter(({ name }) => model.representationSites.includes(name));
  const task = programTask(program, { inputs: examples.inputs, position });
  const run = await runExamples(model, task, examples, { capture: sites.map(({ name }) => name), signal });
  const grams: Gram[] = [];
  for (const site of sites)
    grams.push(
      await inTurns(gramPieces(featuresOf(site, run.batches, 'mean'), { where: site.name, constant: 'zero' }), signal),
    );
  return { gram: addGrams(grams, model.name), score: run.score, task };
}

/**
 * Is a model nearer to implementations of a program than to those of each of its rivals? Pairs are drawn, an implementation of the program and one of the rival, as `variations` makes them, and
 * counted of which the model is nearer to the first. It says which of the programs named the model is most like inside, and not that it implements it: it may implement one that is not named.
 * @throws OptionError, InputError for inputs that a rival does not take, CompilationError, BehaviourError where the model does not do what the program does, CancelledError
 */
export async function nearestProgram(
  model: Model,
  program: Program,
  options: NearestOptions,
): Promise<NearestEvidence> {
  requireModel(model, 'what may be nearer to a program', 'nearestProgram');
  checkProgram(program, 'nearestProgram');
  const checked = checkOptions(schema, options, 'options of nearestProgram');
  const { ratherThan, measure, draws, alpha, inputs, position, backend, seed, signal } = checked;
  if (ratherThan.includes(program))
    throw new OptionError({
      what: `${program.name} is among its own rivals`,
      where: 'ratherThan',
      hint: 'name other programs',
    });
  const examples = programTask(program, { position }).examples(inputs, seed);
  const own = await gramFor(model, program, examples, position, signal);
  requireBehaviour(own.task, model.name, own.score);

  const arbitraries = new Map([program, ...ratherThan].map((one) => [one, variations(one, {})]));
  /** How far the model is from one random implementation. */
  const drawn = async (one: Program, role: string, index: number): Promise<number> => {
    const [variation] = fc.sample(arbitraries.get(one)!, {
      numRuns: 1,
      seed: random(seed, `implementation ${index} of ${role}`).below(0x7fffffff),
      unbiased: true,
    });
    const compiled = await compile(one, { variation: variation!, ...(backend && { backend }) });
    try {
      const { gram } = await gramFor(compiled.model, one, examples, position, signal);
      const { data } = await measures[measure].distances([own.gram, gram], {
        seed,
        distinct: true,
        ...(signal && { signal }),
      });
      return data[1]!;
    } finally {
      compiled.dispose();
    }
  };

  const near: number[] = [];
  const rivals = ratherThan.map((rival, i) => ({ rival, role: `rival ${i}`, far: [] as number[] }));
  const evidenceOf = ({ rival, far }: (typeof rivals)[number]): RivalEvidence => {
    const tried = far.length;
    const nearer = far.filter((distance, i) => near[i]! < distance).length;
    const farther = far.filter((distance, i) => near[i]! > distance).length;
    // nearer to the program must hold of every rival, nearer to a rival of any: the latter shares its rate. A tie is neither
    const level = alpha / rivals.length;
    const is =
      sideOf(nearer, tried, 0.5, alpha) === 'above'
        ? 'nearer'
        : sideOf(farther, tried, 0.5, level) === 'above'
          ? 'farther'
          : 'open';
    return {
      program: rival.name,
      tried,
      nearer,
      share: binomialSequence(nearer, tried, level),
      distance: mean(far),
      is,
    };
  };
  let open = rivals;
  while (open.length > 0 && near.length < draws) {
    const to = Math.min(draws, near.length + BLOCK);
    for (let i = near.length; i < to; i++) {
      near.push(await drawn(program, 'the program', i));
      for (const { rival, role, far } of open) far.push(await drawn(rival, role, i));
    }
    // what is certain once is drawn no further
    open = open.filter((one) => evidenceOf(one).is === 'open');
    if (rivals.some((one) => evidenceOf(one).is === 'farther')) break;
  }
  const found = rivals.map(evidenceOf);
  const outcome = found.some(({ is }) => is === 'farther')
    ? 'farther'
    : found.every(({ is }) => is === 'nearer')
      ? 'nearer'
      : 'open';
  return { program: program.name, outcome, distance: mean(near), rivals: found };
}
