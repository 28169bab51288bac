/** Looks for the parts of a model that hold a program's variables. */
import { OptionError, ProgramError } from '../../errors.js';
import { untrained } from '../../model/formats/transformer/untrained.js';
import { isTransformer } from '../../model/formats/transformer/run/model.js';
import { requireModel } from '../../model/is-model.js';
import type { Model } from '../../model/model.js';
import { checkOptions, suggest } from '../../options.js';
import type { Alignment, Part } from '../../program/alignment.js';
import { Apart } from '../../program/interchange/apart.js';
import type { InterchangeCount } from '../../program/interchange/accuracy.js';
import { InputPool, inputsOf } from '../../program/interchange/inputs.js';
import type { Placed } from '../../program/interchange/placed.js';
import { hasPositions, placesOf } from '../../program/interchange/places.js';
import { InterchangeRunner, type Interchange } from '../../program/interchange/runner.js';
import type { Value } from '../../program/language/value.js';
import { checkProgram, type Program } from '../../program/program.js';
import { random } from '../../random.js';
import { breathe } from '../../signal.js';
import { captured, type Rows } from './activations.js';
import * as candidates from './candidates.js';
import * as learned from './learned.js';
import { Differentiable, Exchanges } from './exchanges.js';
import { Learner } from './learner.js';
import { findSchema, type CheckedSearch, type FindAlignmentOptions, type Stage } from './options.js';
import { casesOf, Scorer, type Searched } from './scoring.js';

/** Interchanges of held-out inputs that what was found is tried on. */
const HELD_OUT = 256;
/** Interchanges that gradients are taken of: that change the output, at all positions and at some, and that do not. */
const LEARNED = { whole: 128, apart: 128, elsewhere: 64 };

/** Where a variable was found, and how well it is carried there. */
export interface FoundVariable {
  readonly name: string;
  readonly parts: readonly Part[];
  /** the stage that found it */
  readonly stage: Stage;
  /** mean accuracy over the kinds of interchange that it was searched with */
  readonly searched: number;
  /** interchanges between inputs that were held out and that change the program's output, of this variable alone: at all positions, and as many at some */
  readonly heldOut: InterchangeCount;
}

/** What `findAlignment` resolves to. */
export interface AlignmentFound {
  /** the best that was found; how good it is, `variables` says */
  readonly alignment: Alignment;
  readonly variables: readonly FoundVariable[];
  /** variables of which nothing was found: every part that was tried is another's already, or cannot be read */
  readonly missing: readonly string[];
  /** the same search on a network that learned nothing; missing where there is none to search */
  readonly untrained?: { readonly name: string; readonly variables: readonly FoundVariable[] } | undefined;
}

/** Variables whose value on another input changes the program's output. */
function mattering({ program, pool, runner }: Searched, seed: number): string[] {
  return program.variables
    .map(({ name }) => name)
    .filter((name) => casesOf({ pool, runner }, () => [name], true, 1, random(seed, `does ${name} matter`)).length > 0);
}

interface Where {
  readonly rows: readonly Rows[];
  readonly inputs: readonly (readonly Value[])[];
  /** undefined where there are no gradients */
  readonly differentiable: Differentiable | undefined;
}

/** What the parts of one variable are learned from. */
function learnerOf(
  searched: Searched,
  differentiable: Differentiable,
  name: string,
  seed: number,
  signal: AbortSignal | undefined,
): Learner {
  const stream = random(seed, `interchanges that ${name} is learned from`);
  const drawn = (matters: boolean, count: number, apart?: Apart<Value, Value>): Interchange[] =>
    casesOf(searched, () => [name], matters, count, stream, apart);
  const cases = [
    ...drawn(true, LEARNED.whole),
    ...drawn(true, LEARNED.apart, searched.apart),
    ...drawn(false, LEARNED.elsewhere),
  ];
  return new Learner(new Exchanges(differentiable, searched, name, cases, signal), signal);
}

/** Goes on from stage to stage until one carries the variable. */
async function search(
  searched: Searched,
  scorer: Scorer,
  name: string,
  { rows, inputs, differentiable }: Where,
  { stages, turns, steps }: CheckedSearch,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Stage | undefined> {
  const { values } = searched.program.variables.find((one) => one.name === name)!;
  const index = new Map(values.map((value, i) => [value, i]));
  const labels = {
    labels: inputs.flatMap((input) =>
      searched.runner.reference(input).variables[name]!.map((value) => index.get(value)!),
    ),
    classes: values.length,
  };
  let found: Stage | undefined;
  let learner: Learner | undefined;
  for (const stage of stages) {
    if (scorer.done) break;
    const before = scorer.best?.score;
    const stream = random(seed, `${stage} of ${name}`);
    const turned = differentiable === undefined ? turns : 0;
    if (stage === 'components') await candidates.components(scorer, searched.model);
    else if (stage === 'neurons') await candidates.neurons(scorer, rows, labels);
    else if (stage === 'principal components') await candidates.principalComponents(scorer, rows, labels);
    else await candidates.subspaces(scorer, rows, labels, turned, stream);
    if (stage !== 'components' && !scorer.done && differentiable !== undefined) {
      learner ??= learnerOf(searched, differentiable, name, seed, signal);
      if (stage === 'subspaces') await learned.turns(scorer, learner, rows, labels, steps, stream);
      else {
        const directions = stage === 'neurons' ? undefined : candidates.principalOf;
        await learned.masks(scorer, learner, rows, directions, labels, steps, stream);
      }
    }
    if (scorer.best?.score !== before) found = stage;
  }
  return found;
}

/**
 * Each variable in turn, the last of the program first: what is read from it is then in its place, and is taken from other inputs as well. Then all once more, beside all others.
 * @param held inputs that are not searched on
 */
async function searchPlaces(
  searched: Searched,
  held: InputPool<Value>,
  names: readonly string[],
  options: CheckedSearch & { readonly seed: number; readonly signal?: AbortSignal | undefined },
): Promise<FoundVariable[]> {
  const { model, program, runner } = searched;
  const { seed, tries, steps, signal } = options;
  const { rows, inputs } = await captured(searched, signal);
  const aligned: Record<string, readonly Part[]> = {};
  const found = new Map<string, { stage: Stage; score: number }>();
  const differentiable = steps === 0 ? undefined : Differentiable.of(model);
  try {
    // the last first, as components
    const where = { rows: rows.toReversed(), inputs, differentiable };
    for (const pass of [1, 2])
      for (const name of names.toReversed()) {
        await breathe(signal);
        const stream = random(seed, `interchanges of ${name}, pass ${pass}`);
        const scorer = new Scorer(searched, name, aligned, tries, stream);
        if (aligned[name]) await scorer.offer(aligned[name]);
        // beside all others it is as good as it was beside some
        if (scorer.best && scorer.best.score >= found.get(name)!.score) continue;
        const stage = await search(searched, scorer, name, where, options, seed + pass, signal);
        // every part may be another variable's already
        if (scorer.best === undefined) continue;
        aligned[name] = scorer.best.parts;
        found.set(name, { stage: stage ?? found.get(name)!.stage, score: scorer.best.score });
      }
  } finally {
    differentiable?.dispose();
  }
  const results: FoundVariable[] = [];
  for (const name of names) {
    if (aligned[name] === undefined) continue;
    const placed: Placed[] = placesOf(model, program, { [name]: aligned[name] });
    const stream = random(seed, `held-out interchanges of ${name}`);
    const drawn = (count: number, apart?: Apart<Value, Value>): Interchange[] =>
      casesOf({ pool: held, runner }, () => [name], true, count, stream, apart);
    const cases = [
      ...drawn(HELD_OUT / 2),
      ...(hasPositions(placed[0]!) ? drawn(HELD_OUT / 2, new Apart(runner, held)) : []),
    ];
    const agree = (await runner.elsewhere(placed).run(cases)).filter((one) => one.agrees).length;
    results.push({
      name,
      parts: aligned[name],
      stage: found.get(name)!.stage,
      searched: found.get(name)!.score,
      heldOut: { tried: cases.length, agree, accuracy: cases.length === 0 ? 1 : agree / cases.length },
    });
  }
  return results;
}

/** What to search: a model's runner on one half of the inputs. */
function searchedOf(
  model: Model,
  program: Program,
  pool: InputPool<Value>,
  position: number | undefined,
  signal: AbortSignal | undefined,
): Searched {
  const runner = new InterchangeRunner(model, program, everywhere(model, program), position, signal);
  return { model, program, pool, runner, apart: new Apart(runner, pool), position };
}

/** For the program's side of interchanges: each variable at all positions, wherever. */
function everywhere({ sites }: Model, { variables }: Program): Placed[] {
  const site = sites.find(({ axes }) => axes.includes('position')) ?? sites[0]!;
  return variables.map(({ name }) => ({ name, parts: [{ site, at: {} }], positions: undefined }));
}

/** The same search on a model and on a network of its shape that learned nothing. */
export async function searchBoth(
  model: Model,
  program: Program,
  [pool, held]: readonly [InputPool<Value>, InputPool<Value>],
  variables: readonly string[] | undefined,
  options: CheckedSearch & {
    readonly position: number | undefined;
    readonly seed: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<AlignmentFound> {
  const { position, seed, signal } = options;
  const searched = searchedOf(model, program, pool, position, signal);
  const names = program.variables.map(({ name }) => name).filter((name) => variables?.includes(name) ?? true);
  const matter = mattering(searched, seed).filter((name) => names.includes(name));
  if (matter.length === 0)
    throw new OptionError({
      what: `setting ${names.join(', ')} to what they are on another input never changes the output of ${program.name}`,
      where: 'variables',
      hint: 'look for variables that matter, or give other inputs',
    });
  const found = await searchPlaces(searched, held, matter, options);
  if (found.length === 0)
    throw new OptionError({
      what: `${model.name} has nothing to search at stages ${options.stages.join(', ')}`,
      where: 'stages',
      hint: 'name other stages: components are there in every model with parts, the others want sites of at most 1024 features at each position',
    });
  const own: Pick<AlignmentFound, 'alignment' | 'variables' | 'missing'> = {
    alignment: Object.fromEntries(found.map(({ name, parts }) => [name, parts])),
    variables: found,
    missing: matter.filter((name) => !found.some((one) => one.name === name)),
  };
  const made = options.untrained === undefined && isTransformer(model) ? await untrained(model, seed) : undefined;
  const control = options.untrained ?? made;
  if (control === undefined) return own;
  try {
    const other = searchedOf(control, program, pool, position, signal);
    return {
      ...own,
      untrained: { name: control.name, variables: await searchPlaces(other, held, matter, options) },
    };
  } finally {
    made?.dispose();
  }
}

/**
 * Looks for an alignment: the parts of a model that hold the variables of a program. Of each variable, from the simplest on: heads and layers, added one by one; neurons, or features of a site, that
 * follow the variable; principal components that do; subspaces in which the variable's values differ. Where these do not carry it, masks and subspaces are learned by gradients, of a transformer (Geiger
 * et al. 2024, arXiv 2303.02536); of others subspaces are turned at random. What is kept is what makes the model answer as the program in interchanges, of the variable alone and beside the others, on one half of the inputs. Beside it the same search on a network that learned nothing, which must come to little.
 * @throws OptionError, ProgramError, InputError; CancelledError
 */
export async function findAlignment<T extends Value, O extends Value>(
  model: Model,
  program: Program<T, O>,
  options: FindAlignmentOptions<T> = {},
): Promise<AlignmentFound> {
  requireModel(model, 'what may realise the program', 'findAlignment');
  checkProgram(program, 'findAlignment');
  const checked = checkOptions(findSchema, options as FindAlignmentOptions<never>, 'options of findAlignment');
  const { variables, position, seed } = checked;
  const plain = program as unknown as Program;
  const known = program.variables.map(({ name }) => name);
  const unknown = variables?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ProgramError({
      what: `the program ${program.name} has no variable ${JSON.stringify(unknown)}`,
      where: 'variables',
      hint: suggest(unknown, known),
    });
  const pool =
    checked.inputs === undefined
      ? inputsOf(plain, random(seed, 'inputs'), position)
      : new InputPool(plain, checked.inputs, position, true);
  return searchBoth(model, plain, pool.halves(random(seed, 'halves')), variables, { ...checked, position });
}
