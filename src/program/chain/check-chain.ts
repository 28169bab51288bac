/** A chain held against its program, input by input. */
import { OptionError } from '../../errors.js';
import type { ModelInput } from '../../model/input.js';
import type { Activation, Intervention, Model } from '../../model/model.js';
import { entriesOf } from '../../shape.js';
import { argmaxIfNumbers } from '../../argmax.js';
import { rowOf } from '../../task/behaviour.js';
import { groupInputs } from '../../task/encode.js';
import { passOf } from '../../rows.js';
import { breathe } from '../../signal.js';
import { valueInWords, type Value } from '../language/value.js';
import type { Program } from '../program.js';
import { OUTPUT, type ChainStep, type ChainTrial, type HeldValues } from './chain.js';

type Input = readonly Value[];

/** What is checked. */
export interface ChainCheck {
  readonly model: Model;
  readonly program: Program;
  readonly chain: readonly ChainStep[];
  /** the position whose output is the answer, in the program's output; negative from the end */
  readonly position: number;
  /** where the model's logits say it */
  readonly logitsAt: (input: Input) => number;
  readonly encode: (input: Input) => ModelInput;
  readonly signal?: AbortSignal | undefined;
  readonly spend: (passes: number) => void;
}

/** What stands for an answer that there is none of: logits that are not numbers. */
const NONE = -1;
const answerOf = (logits: Float32Array): number => argmaxIfNumbers(logits) ?? NONE;
/** No answer is as no other. */
const agree = (a: number, b: number): boolean => a !== NONE && a === b;

const inWords = (values: HeldValues, names: readonly string[]): string =>
  names.map((name) => `${name} [${values[name]!.map(valueInWords).join(', ')}]`).join(', ');

const same = (a: HeldValues, b: HeldValues, names: readonly string[]): boolean =>
  names.every((name) => a[name]!.every((value, i) => value === b[name]![i]));

/** One row of a batch. */
function rowAt({ site, shape, data }: Activation, row: number): Activation {
  const own = shape.slice(1);
  const size = entriesOf(own);
  return { site, shape: own, data: data.subarray(row * size, (row + 1) * size) };
}

/** @throws OptionError where a step gives what is no value of a variable at each position */
function checkHeld(step: ChainStep, program: Program, values: HeldValues, input: Input): void {
  const fail = (what: string): never => {
    throw new OptionError({
      what,
      where: `abstraction of ${step.name}`,
      hint: 'let it give { variable: [one of its values for each token] }',
    });
  };
  for (const name of step.variables) {
    const list = values?.[name];
    if (!Array.isArray(list) || list.length !== input.length)
      fail(`it gives ${Array.isArray(list) ? list.length : 'no list of'} values of ${name} for ${input.length} tokens`);
    const { values: possible } = program.variables.find((variable) => variable.name === name)!;
    const wrong = (list as Value[]).find((value) => !possible.includes(value));
    if (wrong !== undefined) fail(`${String(wrong)} is no value of ${name}`);
  }
}

/** @throws OptionError for a chain that is none of this program and model */
export function checkSteps({ chain, program, model }: Pick<ChainCheck, 'chain' | 'program' | 'model'>): void {
  const fail = (what: string, hint: string): never => {
    throw new OptionError({ what, where: 'chain', hint });
  };
  const names = new Set<string>();
  const variables = new Set<string>();
  for (const { name, variables: own, site, abstraction } of chain) {
    if (names.has(name) || name === OUTPUT) fail(`two steps are called ${name}`, 'give each another name');
    names.add(name);
    if (!model.sites.some((one) => one.name === site))
      fail(`${model.name} has no site ${site}, which ${name} stands at`, 'model.sites has them all');
    if (typeof abstraction !== 'function')
      fail(`${name} has no abstraction`, 'give a function that reads its variables');
    for (const variable of own) {
      program.op(variable);
      if (variables.has(variable)) fail(`two steps compute ${variable}`, 'name it in one of them');
      variables.add(variable);
    }
  }
  if (variables.size === 0) fail('no step has a variable', 'name the variables that each step computes');
}

/** Steps of one input: what the model holds, and what the program has in their place. */
interface Row {
  readonly input: Input;
  readonly activations: readonly Activation[];
  readonly answer: number;
  /** by the model, step by step */
  readonly held: readonly HeldValues[];
  /** by the program, on the input */
  readonly should: HeldValues;
  /** by the program, from what the model held before the step */
  readonly follows: readonly HeldValues[];
  /** classes of the answer: on the input, and from what the model holds */
  readonly right: number;
  readonly followed: number;
}

async function batchOf(
  check: ChainCheck,
  inputs: readonly Input[],
  encoded: readonly ModelInput[],
): Promise<ChainTrial[][]> {
  const { model, program, chain, position, signal, spend } = check;
  const logits = inputs.map(check.logitsAt);
  const run = async (interventions: readonly Intervention[], capture: readonly string[] = []) => {
    await breathe(signal);
    spend(1);
    return passOf(signal, inputs.length, () => model.run([...encoded], { capture, interventions, logits }));
  };
  const clean = await run([], [...new Set(chain.map(({ site }) => site))]);
  const classOf = (output: readonly Value[]): number => program.outputs.indexOf(output.at(position)!);
  const rows = inputs.map((input, row): Row => {
    const activations = chain.map(({ site }) => rowAt(clean.activations.get(site)!, row));
    const held = chain.map((step, i) => {
      const values = step.abstraction(activations[i]!, input);
      checkHeld(step, program, values, input);
      return values;
    });
    const reference = program.run(input);
    const before: Record<string, readonly Value[]> = {};
    const follows = chain.map(({ variables }, i) => {
      const { variables: next } = i === 0 ? reference : program.run(input, { set: { ...before } });
      for (const name of variables) before[name] = held[i]![name]!;
      return next;
    });
    return {
      input,
      activations,
      answer: answerOf(rowOf(clean.logits, row)),
      held,
      should: reference.variables,
      follows,
      right: classOf(reference.output),
      followed: classOf(program.run(input, { set: before }).output),
    };
  });
  const trials = rows.map((): ChainTrial[] => []);
  const say = (row: number, step: string, axiom: ChainTrial['axiom'], holds: boolean, measured: string): void =>
    void trials[row]!.push({ step, axiom, holds, measured });
  const answers = (one: number): string =>
    one === NONE ? 'nothing' : valueInWords(program.outputs[one] ?? `class ${one}`);
  rows.forEach(({ held, should, follows, answer, right, followed }, row) => {
    chain.forEach(({ name, variables }, i) => {
      const is = `the model has ${inWords(held[i]!, variables)}`;
      const words = (rest: string, values: HeldValues): string => `${is}; ${rest} ${inWords(values, variables)}`;
      say(row, name, 'prefix equivalence', same(held[i]!, should, variables), words('the program', should));
      const from = 'from what the model has before, the program makes';
      say(row, name, 'component equivalence', same(held[i]!, follows[i]!, variables), words(from, follows[i]!));
    });
    const is = `the model answers ${answers(answer)}`;
    say(row, OUTPUT, 'prefix equivalence', agree(answer, right), `${is}; the program ${answers(right)}`);
    const from = 'from what the model has before, the program makes';
    say(row, OUTPUT, 'component equivalence', agree(answer, followed), `${is}; ${from} ${answers(followed)}`);
  });
  /** values of the program in the place of what a step holds */
  const written = (i: number, valuesOf: (row: Row) => HeldValues): Intervention[] => {
    const { site, at, concretization } = chain[i]!;
    if (!concretization) return [];
    const { shape } = rows[0]!.activations[i]!;
    const size = entriesOf(shape);
    const data = new Float32Array(rows.length * size);
    rows.forEach((row, index) =>
      data.set(concretization.call(chain[i], valuesOf(row), row.activations[i]!, row.input), index * size),
    );
    const value = { shape: [rows.length, ...shape], data };
    return [{ site, ...(at && { at }), by: { kind: 'value', value } }];
  };
  const replaced = async (
    i: number,
    axiom: ChainTrial['axiom'],
    interventions: readonly Intervention[],
  ): Promise<void> => {
    const { logits: found } = await run(interventions);
    const { name, variables } = chain[i]!;
    rows.forEach((row, index) => {
      const answer = answerOf(rowOf(found, index));
      const values = axiom === 'prefix replaceability' ? row.should : row.follows[i]!;
      const measured = `with ${inWords(values, variables)} in its place the model answers ${answers(answer)}, and without ${answers(row.answer)}`;
      say(index, name, axiom, agree(answer, row.answer), measured);
    });
  };
  const prefix: Intervention[] = [];
  for (const [i, { concretization }] of chain.entries()) {
    if (!concretization) continue;
    prefix.push(...written(i, ({ should }) => should));
    await replaced(i, 'prefix replaceability', prefix);
    await replaced(
      i,
      'component replaceability',
      written(i, ({ follows }) => follows[i]!),
    );
  }
  return trials;
}

/**
 * Every axiom at every step on some inputs:
 * - prefix equivalence: the model holds what the program has;
 * - component equivalence: it holds what the program makes of what the model held before;
 * - prefix replaceability: the program's values in the place of this step and all before leave the answer;
 * - component replaceability: so does what the program makes of what the model held before, in the place of this step alone.
 * @throws OptionError for an abstraction that gives what is no value, CancelledError
 */
export async function chainTrials(check: ChainCheck, inputs: readonly Input[]): Promise<ChainTrial[][]> {
  const encoded = inputs.map((input) => check.encode(input));
  const found: ChainTrial[][] = Array.from({ length: inputs.length });
  for (const rows of groupInputs(encoded, check.model)) {
    const some = await batchOf(
      check,
      rows.map((row) => inputs[row]!),
      rows.map((row) => encoded[row]!),
    );
    rows.forEach((row, i) => (found[row] = some[i]!));
  }
  return found;
}
