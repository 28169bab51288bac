/** Interchange accuracy: how often a model answers as the program, while parts of it hold what they held on other inputs. */
import * as z from 'zod';
import { ProgramError } from '../../errors.js';
import { requireModel } from '../../model/is-model.js';
import type { Model } from '../../model/model.js';
import { checkOptions, signalSchema, suggest, type ShapeOf } from '../../options.js';
import { random } from '../../random.js';
import { alignmentSchema, type ClaimedAlignment } from '../alignment.js';
import type { Value } from '../language/value.js';
import { checkProgram, type Program } from '../program.js';
import { Apart } from './apart.js';
import { drawInterchange, drawSet, everyInterchange, interchangeCount } from './cases.js';
import { inputListSchema, InputPool, inputsOf } from './inputs.js';
import { placesOf } from './places.js';
import { InterchangeRunner, type Interchange } from './runner.js';

/** Options of `interchangeAccuracy`. */
export interface InterchangeOptions<T> {
  /** the parts that hold each variable; those it does not name are left alone */
  readonly alignment: ClaimedAlignment;
  /** lists of tokens: bases and sources. @defaultValue every input of the program; 1000 random ones where they are more than 10,000 */
  readonly inputs?: readonly (readonly T[])[] | undefined;
  /** the position whose output is compared; negative from the end. @defaultValue every position */
  readonly position?: number | undefined;
  /** sets of variables that are replaced at once, each from a source of its own. @defaultValue each variable alone */
  readonly sets?: readonly (readonly string[])[] | undefined;
  /** a set with at most so many interchanges is counted out; of others so many are drawn. @defaultValue 4096 */
  readonly limit?: number | undefined;
  /** what is drawn follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** cancels the work: CancelledError */
  readonly signal?: AbortSignal | undefined;
}

/** Interchanges, and how many of them the model answered as the program. */
export interface InterchangeCount {
  readonly tried: number;
  readonly agree: number;
  /** agree / tried; 1 of none */
  readonly accuracy: number;
}

/** Of one set of variables. */
export interface SetAccuracy {
  readonly variables: readonly string[];
  readonly all: InterchangeCount;
  /** those in which the program's output changes: a model that does not use the variables has the others right as well */
  readonly matters: InterchangeCount;
  /** true: these are all interchanges there are, each base and each source of its length counted alike */
  readonly exhaustive: boolean;
}

/** What `interchangeAccuracy` resolves to. */
export interface InterchangeAccuracy {
  /** without interventions: share of inputs whose every compared answer is the program's */
  readonly untouched: InterchangeCount;
  /** in the order of `sets`, or of the program's variables */
  readonly sets: readonly SetAccuracy[];
  /** random sets of two variables or more, each from a source of its own; missing where only one is aligned */
  readonly several?: SetAccuracy | undefined;
  /** random interchanges of each variable alone at some of its positions, while it stays at the others; without those that have one position, or lead the program where no input does */
  readonly apart: readonly SetAccuracy[];
}

const schema = z.strictObject({
  alignment: alignmentSchema,
  inputs: inputListSchema.optional(),
  position: z.int().optional(),
  sets: z.array(z.array(z.string()).min(1).readonly()).min(1).readonly().optional(),
  limit: z.int().min(1).default(4096),
  seed: z.int().default(0),
  signal: signalSchema.optional(),
} satisfies ShapeOf<InterchangeOptions<Value>>);

/** Counts. */
class Tally {
  tried = 0;
  agree = 0;

  add(agrees: boolean): void {
    this.tried++;
    if (agrees) this.agree++;
  }

  agreement(): InterchangeCount {
    const { tried, agree } = this;
    return { tried, agree, accuracy: tried === 0 ? 1 : agree / tried };
  }
}

/** Interchanges run at once. */
const BLOCK = 1024;

async function accuracyOf<T extends Value, O extends Value>(
  runner: InterchangeRunner<T, O>,
  variables: readonly string[],
  cases: Iterable<Interchange<T>>,
  exhaustive: boolean,
): Promise<SetAccuracy> {
  const [all, matters] = [new Tally(), new Tally()];
  let block: Interchange<T>[] = [];
  const flush = async (): Promise<void> => {
    for (const one of await runner.run(block)) {
      all.add(one.agrees);
      if (one.matters) matters.add(one.agrees);
    }
    block = [];
  };
  for (const one of cases) {
    block.push(one);
    if (block.length === BLOCK) await flush();
  }
  await flush();
  return { variables, all: all.agreement(), matters: matters.agreement(), exhaustive };
}

/**
 * Interchange interventions on a model that may implement a program (Geiger et al. 2021, arXiv 2106.02997): it runs an input while the parts that hold some variables hold what they held
 * in its own runs on other inputs of the same length, and its answers are compared with the program's, run with those variables set to what they are on the other inputs. Inputs are encoded as
 * `program.encode` does.
 * @throws OptionError, ProgramError, InputError, InterventionError for what the program or the model lacks; CancelledError
 */
export async function interchangeAccuracy<T extends Value, O extends Value>(
  model: Model,
  program: Program<T, O>,
  options: InterchangeOptions<T>,
): Promise<InterchangeAccuracy> {
  requireModel(model, 'what may implement the program', 'interchangeAccuracy');
  checkProgram(program, 'interchangeAccuracy');
  const { alignment, position, sets, limit, seed, signal } = checkOptions(
    schema,
    options as InterchangeOptions<Value>,
    'options of interchangeAccuracy',
  );
  const placed = placesOf(model, program, alignment);
  const pool =
    options.inputs === undefined
      ? inputsOf(program, random(seed, 'inputs'), position)
      : new InputPool(program, options.inputs, position, true);
  const runner = new InterchangeRunner(model, program, placed, position, signal);
  const names = placed.map(({ name }) => name);
  const unknown = sets?.flat().find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ProgramError({
      what: `the alignment does not say where ${JSON.stringify(unknown)} is`,
      where: 'sets',
      hint: suggest(unknown, names),
    });
  const untouched = new Tally();
  for (const { agrees } of await runner.run(pool.all.map((base) => ({ base, sources: {} })))) untouched.add(agrees);

  const found: SetAccuracy[] = [];
  for (const variables of sets ?? names.map((name) => [name])) {
    const exhaustive = interchangeCount(pool, variables.length) <= limit;
    const stream = random(seed, `interchanges of ${variables.join(', ')}`);
    const cases = exhaustive
      ? everyInterchange(pool, variables)
      : Array.from({ length: limit }, () => drawInterchange(pool, variables, stream));
    found.push(await accuracyOf(runner, variables, cases, exhaustive && pool.complete));
  }
  const some = new Apart(runner, pool, 1);
  const apart: SetAccuracy[] = [];
  for (const name of names) {
    const stream = random(seed, `interchanges of ${name} at some positions`);
    const cases = Array.from({ length: limit }, () => some.draw(drawInterchange(pool, [name], stream), stream));
    const drawn = cases.filter((one) => one !== undefined);
    if (drawn.length > 0) apart.push(await accuracyOf(runner, [name], drawn, false));
  }
  if (names.length < 2) return { untouched: untouched.agreement(), sets: found, apart };
  const stream = random(seed, 'interchanges of several');
  const several = Array.from({ length: limit }, () => drawInterchange(pool, drawSet(names, stream), stream));
  return {
    untouched: untouched.agreement(),
    sets: found,
    several: await accuracyOf(runner, names, several, false),
    apart,
  };
}
