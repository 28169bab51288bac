/** Whether a model is nearer to implementations of a program than to those of rivals. */
import * as fc from 'fast-check';
import * as z from 'zod';
import type { NearestEvidence, RivalEvidence } from '../src/claims/nearest.js';
import { OptionError } from '../src/errors.js';
import { measures, type MeasureName } from '../src/measure/index.js';
import { requireModel } from '../src/model/is-model.js';
import type { Model } from '../src/model/model.js';
import { checkOptions, signalSchema, type ShapeOf } from '../src/options.js';
import { compile } from '../src/program/compile.js';
import type { Value } from '../src/program/language/value.js';
import { requireDoesTask } from '../src/program/does-task.js';
import { checkProgram, isProgram, type Program } from '../src/program/program.js';
import { programTask } from '../src/program/task.js';
import { random } from '../src/random.js';
import { featuresOf } from '../src/representation/capture.js';
import { addGrams, gramPieces, type Gram } from '../src/representation/gram.js';
import { inTurns } from '../src/signal.js';
import { mean } from '../src/statistics/mean.js';
import { binomialSequence, sideOf } from '../src/statistics/binomial-sequence.js';
import { runExamples } from '../src/task/run.js';
import { isTask, requireBehaviour, type AnyTask, type Examples } from '../src/task/task.js';
import type { BackendName } from '../src/tensor/backend-names.js';
import { variations } from '../generators/variations.js';

/** Options of `nearestProgram`. */
export interface NearestOptions {
  /** programs that may be computed in the place of the first, on the same inputs. @defaultValue none: whether the model lies among implementations of the program */
  readonly ratherThan?: readonly Program[] | undefined;
  /** a task over inputs of the program. @defaultValue `programTask(program, { position })` */
  readonly on?: AnyTask | undefined;
  /** the measure of distance. @defaultValue 'ridge', which hardly notices what an implementation computes beside */
  readonly measure?: 'ridge' | 'cka' | 'procrustes' | undefined;
  /** implementations that are drawn of each program, at most. @defaultValue 128 */
  readonly draws?: number | undefined;
  /** the rate of saying `nearer` in error, and that of saying `farther` in error. @defaultValue 0.05 */
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

const programSchema = z.custom<Program>(isProgram, { error: 'give what `program` makes' });

/** Those that a matcher has as well. */
export const nearestShape = {
  ratherThan: z.array(programSchema).min(1).readonly().optional(),
  measure: z.enum(['ridge', 'cka', 'procrustes'] satisfies MeasureName[]).default('ridge'),
  draws: z.int().min(2).default(128),
  alpha: z.number().gt(0).lt(1).default(0.05),
  inputs: z.int().min(10).default(200),
};

const schema = z.strictObject({
  ...nearestShape,
  on: z.custom<AnyTask>(isTask, { error: 'on must be a task, made by task({ ... })' }).optional(),
  position: z.int().default(-1),
  backend: z.custom<BackendName>((v) => typeof v === 'string').optional(),
  seed: z.int().default(0),
  signal: signalSchema.optional(),
} satisfies ShapeOf<NearestOptions>);

/** Implementations between two looks. */
const BLOCK = 8;
/** A model is outside if fewer than this share of implementations are nearer to it than to another. */
const AMONG = 0.1;

/** Why drawing must stop now. @param models that were run so far */
export type Exhausted = (models: number) => string | undefined;

/** Draws of one program. */
class Drawn {
  /** of each, how far the model is from it */
  readonly distances: number[] = [];
  /** of pairs of them: how far they are apart, and the first from the model */
  private readonly pairs: { readonly apart: number; readonly own: number }[] = [];
  private previous: Gram | undefined;
  private among: NearestEvidence['among']['is'] = 'open';

  constructor(
    readonly program: Program,
    readonly role: string,
    private readonly alpha: number,
  ) {}

  async add(gram: Gram, distance: number, between: (one: Gram, other: Gram) => Promise<number>): Promise<void> {
    if (this.previous === undefined) this.previous = gram;
    else {
      this.pairs.push({ apart: await between(this.previous, gram), own: this.distances.at(-1)! });
      this.previous = undefined;
    }
    this.distances.push(distance);
  }

  /** Whether the model lies among them; what is certain once stays. */
  look(): NearestEvidence['among'] {
    const tried = this.pairs.length;
    const nearer = this.pairs.filter(({ own, apart }) => own < apart).length;
    const side = sideOf(nearer, tried, AMONG, this.alpha);
    if (this.among === 'open' && side !== undefined) this.among = side === 'above' ? 'among' : 'outside';
    return { tried, nearer, share: binomialSequence(nearer, tried, this.alpha), atLeast: AMONG, is: this.among };
  }
}

/** Draws of a rival, beside those of the program. */
class Rival extends Drawn {
  private is: RivalEvidence['is'] = 'open';

  /** Nearer to the program must hold of every rival, nearer to a rival of any: the latter shares its rate. A tie is neither. What is certain once stays. */
  beside(near: readonly number[], alpha: number, rivals: number): RivalEvidence {
    const { distances: far, program } = this;
    const tried = far.length;
    const nearer = far.filter((distance, i) => near[i]! < distance).length;
    const farther = far.filter((distance, i) => near[i]! > distance).length;
    const level = alpha / rivals;
    if (this.is === 'open') {
      if (sideOf(nearer, tried, 0.5, alpha) === 'above') this.is = 'nearer';
      else if (sideOf(farther, tried, 0.5, level) === 'above') this.is = 'farther';
    }
    const share = binomialSequence(nearer, tried, level);
    return { program: program.name, tried, nearer, share, distance: mean(far), is: this.is, among: this.look() };
  }
}

/** With rivals. Nearest says little of a model that is unlike all that are compared: it must lie among implementations of what it is nearest to. */
function outcomeBeside(among: NearestEvidence['among'], rivals: readonly RivalEvidence[]): NearestEvidence['outcome'] {
  if (rivals.some((rival) => rival.is === 'farther' && rival.among.is === 'among')) return 'farther';
  return rivals.every(({ is }) => is === 'nearer') && among.is === 'among' ? 'nearer' : 'open';
}

/** Whether no more draws would settle it: the model is certainly unlike what it is nearest to. */
function unlike(among: NearestEvidence['among'], rivals: readonly RivalEvidence[]): boolean {
  const far = rivals.filter(({ is }) => is === 'farther');
  return (
    rivals.every(({ is }) => is !== 'open') &&
    (far.length > 0 ? far.every((rival) => rival.among.is === 'outside') : among.is === 'outside')
  );
}

/** Draws implementations, and measures how far the model is from each. */
class Drawing {
  models = 1;
  private readonly arbitraries = new Map<Program, ReturnType<typeof variations>>();

  constructor(
    private readonly own: Gram,
    private readonly examples: Examples<readonly Value[]>,
    private readonly options: z.output<typeof schema>,
  ) {}

  /** Adds the next implementation. */
  async add(drawn: Drawn): Promise<void> {
    const { program, role, distances } = drawn;
    const { seed, backend } = this.options;
    let arbitrary = this.arbitraries.get(program);
    if (arbitrary === undefined) this.arbitraries.set(program, (arbitrary = variations(program, {})));
    const [variation] = fc.sample(arbitrary, {
      numRuns: 1,
      seed: random(seed, `implementation ${distances.length} of ${role}`).below(0x7fffffff),
      unbiased: true,
    });
    const compiled = await compile(program, { variation: variation!, ...(backend && { backend }) });
    const task = programTask(program, { inputs: this.examples.inputs, position: this.options.position });
    try {
      this.models++;
      const { gram } = await gramFor(compiled.model, task, this.examples, this.options);
      await drawn.add(gram, await this.between(this.own, gram), this.between.bind(this));
    } finally {
      compiled.dispose();
    }
  }

  async between(one: Gram, other: Gram): Promise<number> {
    const { seed, measure, signal } = this.options;
    const { data } = await measures[measure].distances([one, other], {
      seed,
      distinct: true,
      ...(signal && { signal }),
    });
    return data[1]!;
  }
}

/** The Gram of a model's default sites, averaged over positions. */
async function gramFor(
  model: Model,
  task: AnyTask,
  examples: Examples<readonly Value[]>,
  { signal }: Pick<NearestOptions, 'signal'>,
): Promise<{ readonly gram: Gram; readonly score: number }> {
  const sites = model.sites.filter(({ name }) => model.representationSites.includes(name));
  const run = await runExamples(model, task, examples, { capture: sites.map(({ name }) => name), signal });
  const grams: Gram[] = [];
  for (const site of sites)
    grams.push(
      await inTurns(gramPieces(featuresOf(site, run.batches, 'mean'), { where: site.name, constant: 'zero' }), signal),
    );
  return { gram: addGrams(grams, model.name), score: run.score };
}

/**
 * Is a model nearer to implementations of a program than to those of each of its rivals? Pairs are drawn, an implementation of the program and one of the rival, as `variations` makes them, and
 * counted of which the model is nearer to the first. The model must also lie among the implementations of the program that it is nearest to, as without rivals: otherwise it is open. It says which of the programs named the model is most like inside, and not that it implements it: it may implement one that is not named.
 *
 * Without rivals: does the model lie among the implementations? Of pairs of them it is counted how often the first is nearer to the model than to the second. The model lies outside where that is
 * so in surely less than a tenth of pairs.
 * @throws OptionError, also for a task that the program does not do, InputError for inputs that a rival does not take, CompilationError, BehaviourError where the model does not do what the program does, CancelledError
 */
export async function nearestProgram(
  model: Model,
  program: Program,
  options: NearestOptions = {},
  exhausted: Exhausted = () => undefined,
): Promise<NearestEvidence> {
  requireModel(model, 'what may be nearer to a program', 'nearestProgram');
  checkProgram(program, 'nearestProgram');
  const checked = checkOptions(schema, options, 'options of nearestProgram');
  const { ratherThan = [], measure, draws, alpha, inputs, position, seed } = checked;
  if (ratherThan.includes(program))
    throw new OptionError({
      what: `${program.name} is among its own rivals`,
      where: 'ratherThan',
      hint: 'name other programs',
    });
  const task = checked.on ?? programTask(program, { position });
  const examples = task.examples(inputs, seed) as Examples<readonly Value[]>;
  // of its own task a program does by definition
  if (checked.on) requireDoesTask(program, task, examples.inputs, position);
  const own = await gramFor(model, task, examples, checked);
  requireBehaviour(task, model.name, own.score);

  const drawing = new Drawing(own.gram, examples, checked);
  const near = new Drawn(program, 'the program', alpha);
  const rivals = ratherThan.map((rival, i) => new Rival(rival, `rival ${i}`, alpha));
  const evidence = (stopped?: string): NearestEvidence => {
    const among = near.look();
    const found = rivals.map((rival) => rival.beside(near.distances, alpha, rivals.length));
    const alone = ({ among: 'nearer', outside: 'farther', open: 'open' } as const)[among.is];
    const outcome = rivals.length === 0 ? alone : outcomeBeside(among, found);
    return {
      program: program.name,
      outcome,
      measure,
      inputs: examples.inputs.length,
      distance: mean(near.distances),
      among,
      rivals: found,
      ...(stopped !== undefined && outcome === 'open' && { stopped }),
    };
  };
  let drawn: readonly Rival[] = rivals;
  while (near.distances.length < draws) {
    const stopped = near.distances.length > 0 ? exhausted(drawing.models) : undefined;
    if (stopped !== undefined) return evidence(stopped);
    for (let i = 0; i < BLOCK && near.distances.length < draws; i++)
      for (const one of [near, ...drawn]) await drawing.add(one);
    const now = evidence();
    if (now.outcome !== 'open' || (rivals.length > 0 && unlike(now.among, now.rivals))) return now;
    // what is certain is drawn no further
    drawn = rivals.filter((_, i) => {
      const { is, among } = now.rivals[i]!;
      return is === 'open' || (is === 'farther' && among.is === 'open');
    });
  }
  return evidence(`all ${draws} implementations were drawn`);
}
