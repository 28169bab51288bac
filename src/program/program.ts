/** A program: an algorithm over sequences, written down as RASP (Weiss et al. 2021, arXiv 2106.06981). */
import * as z from 'zod';
import { InputError, OptionError, ProgramError } from '../errors.js';
import { plural } from '../format.js';
import { checkKeys, checkOptions, suggest, type ShapeOf } from '../options.js';
import { evaluate } from './evaluate.js';
import { Sequence } from './language/expressions.js';
import { namesOf } from './language/names.js';
import { inOrder, readingOf, type Op, type SelectorOp } from './language/op.js';
import { expression, selectorExpression } from './language/print.js';
import { raspOf, type Rasp } from './language/rasp.js';
import { plainValue, valueInWords, valuesInWords, type Value } from './language/value.js';

/** Options of `program`. */
export interface ProgramOptions<T> {
  /** for reports */
  readonly name: string;
  /** the tokens of an input: distinct texts, numbers or truth values */
  readonly vocabulary: readonly T[];
  /** tokens in an input, at most */
  readonly maxLength: number;
  /** true: a position sees itself and those before it. @defaultValue false */
  readonly causal?: boolean | undefined;
}

/** A named value of a program at each position. */
export interface Variable {
  readonly name: string;
  /** every value that it can have, or more; in order */
  readonly values: readonly Value[];
  /** what it is computed from: `width(same)` */
  readonly expression: string;
  /** the variables that it reads */
  readonly reads: readonly string[];
}

/** Values by the names of variables: a list with one for each position, or one for all. Undefined in a list leaves what is computed there. */
export type Settings = Readonly<Record<string, Value | readonly (Value | undefined)[]>>;

/** Options of `program.run`. */
export interface ProgramRunOptions {
  /** variables that get these values whatever they would be, before anything reads them. @defaultValue none */
  readonly set?: Settings | undefined;
}

/** What a program gives on an input. */
export interface ProgramRun<O = Value> {
  /** one at each position */
  readonly output: readonly O[];
  /** every variable at each position, in the program's order */
  readonly variables: Readonly<Record<string, readonly Value[]>>;
}

const schema = z.strictObject({
  name: z.string().min(1),
  vocabulary: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .min(1)
    .readonly(),
  maxLength: z.int().min(1).max(10_000),
  causal: z.boolean().optional(),
} satisfies ShapeOf<ProgramOptions<Value>>);

/** An algorithm over sequences of tokens, as `program` makes it. */
export class Program<T extends Value = Value, O extends Value = Value> {
  /** every sequence that the output is made of, each after those that it reads; the output is the last */
  readonly variables: readonly Variable[];
  /** name of the variable that is the output */
  readonly output: string;
  /** the output's values: class i of a model's logits is the i-th */
  readonly outputs: readonly O[];
  // not private: the types of two copies of the library would not fit each other
  /** @internal */
  readonly byName: ReadonlyMap<string, Op>;
  /** @internal */
  readonly tokenOf: ReadonlyMap<Value, number>;

  /** @internal */
  constructor(
    readonly name: string,
    readonly vocabulary: readonly T[],
    readonly maxLength: number,
    readonly causal: boolean,
    /** @internal */
    readonly ops: readonly Op[],
  ) {
    const named = namesOf(ops, name);
    this.byName = new Map(named.map((one, i) => [one, ops[i]!]));
    const nameOf = new Map(ops.map((op, i) => [op, named[i]!]));
    this.variables = ops.map((op) => ({
      name: nameOf.get(op)!,
      values: op.values,
      expression: expression(op),
      reads: [...new Set(readingOf(op).map((read) => nameOf.get(read)!))],
    }));
    this.output = named.at(-1)!;
    this.outputs = ops.at(-1)!.values as readonly O[];
    this.tokenOf = new Map(vocabulary.map((token, i) => [token, i]));
  }

  /**
   * Runs the program as it is written.
   * @throws InputError for an input that is empty, too long, or holds a token that is not in the vocabulary
   * @throws ProgramError for a variable that there is not, a value that it cannot have, or a list of another length
   */
  run(input: readonly T[], options: ProgramRunOptions = {}): ProgramRun<O> {
    checkKeys(options, ['set'], 'options of program.run');
    this.encode(input);
    const set = new Map(
      Object.entries(options.set ?? {}).map(([name, given]) => [
        this.op(name),
        this.settingOf(name, given, input.length),
      ]),
    );
    const values = evaluate(this.ops, input.map(plainValue), this.causal, set);
    return {
      output: values.get(this.ops.at(-1)!) as readonly O[],
      variables: Object.fromEntries(this.variables.map(({ name }, i) => [name, values.get(this.ops[i]!)!])),
    };
  }

  /**
   * An input as a model of the program takes it: the number `vocabulary.length`, for the beginning, then each token's place in the vocabulary.
   * @throws InputError
   */
  encode(input: readonly T[]): number[] {
    const fail = (what: string, hint: string): never => {
      throw new InputError({ what, where: `input of ${this.name}`, hint });
    };
    if (!Array.isArray(input)) fail(`it is ${typeof input}`, 'give a list of tokens');
    if (input.length === 0 || input.length > this.maxLength)
      fail(
        `it has ${plural(input.length, 'token')}`,
        `give 1 to ${this.maxLength}, or make the program with a larger maxLength`,
      );
    return [
      this.vocabulary.length,
      ...input.map((token, i) => {
        const id = this.tokenOf.get(plainValue(token));
        return (
          id ??
          fail(
            `token ${i} is ${typeof token === 'string' ? valueInWords(token) : String(token)}, which is not in the vocabulary`,
            `the vocabulary is ${valuesInWords(this.vocabulary)}`,
          )
        );
      }),
    ];
  }

  /** The whole text: a line for each variable and each selector that has a name. */
  toString(): string {
    const names = new Map(this.ops.map((op, i) => [op, this.variables[i]!.name]));
    const lines: string[] = [];
    const done = new Set<SelectorOp>();
    const selectors = (one: SelectorOp): void => {
      if (one.kind !== 'all' && one.kind !== 'select') one.of.forEach(selectors);
      if (one.name === undefined || done.has(one)) return;
      done.add(one);
      lines.push(`  ${one.name} = ${selectorExpression(one)}`);
    };
    for (const op of this.ops) {
      if (op.selector) selectors(op.selector);
      const name = names.get(op)!;
      const text = expression(op);
      if (text !== name) lines.push(`  ${name} = ${text}`);
    }
    return [
      `${this.name}: ${this.causal ? 'causal, ' : ''}at most ${plural(this.maxLength, 'token')} of ${valuesInWords(this.vocabulary)}`,
      ...lines,
      `  return ${this.output}`,
    ].join('\n');
  }

  /** @internal the operation of a variable. @throws ProgramError */
  op(name: string): Op {
    const op = this.byName.get(name);
    if (op === undefined)
      throw new ProgramError({
        what: `the program ${this.name} has no variable ${JSON.stringify(name)}`,
        where: `set.${name}`,
        hint: suggest(name, [...this.byName.keys()]),
      });
    return op;
  }

  /** @internal one value or undefined for each position. @throws ProgramError */
  settingOf(name: string, given: Settings[string], length: number): (Value | undefined)[] {
    const fail = (what: string, hint: string): never => {
      throw new ProgramError({ what, where: `set.${name}`, hint });
    };
    const op = this.op(name);
    const list = Array.isArray(given)
      ? (given as readonly (Value | undefined)[])
      : Array<Value>(length).fill(given as Value);
    if (list.length !== length)
      fail(
        `${plural(list.length, 'value')} for an input of ${plural(length, 'token')}`,
        'give one for each position, or one alone for all',
      );
    return list.map((value, i) => {
      if (value === undefined) return undefined;
      const plain = plainValue(value);
      if (!op.indexOf.has(plain))
        fail(
          `${typeof value === 'object' && value !== null ? 'an object' : valueInWords(value)} at position ${i} is no value of ${name}`,
          `it can be ${valuesInWords(op.values, 20)}`,
        );
      return plain;
    });
  }
}

/** What every copy of the library marks its programs with: a module of programs, its test and the command may each have loaded another one. */
const MARK = Symbol.for('congruity.program');
Object.defineProperty(Program.prototype, MARK, { value: true });

/** True for what `program` makes, by whichever copy of the library. */
export const isProgram = (value: unknown): value is Program =>
  typeof value === 'object' && value !== null && (value as { readonly [MARK]?: unknown })[MARK] === true;

/**
 * @param what was given, for the message
 * @throws OptionError
 */
export function checkProgram(program: unknown, where: string, what = 'this'): asserts program is Program {
  if (!isProgram(program))
    throw new OptionError({ what: `${what} is no program`, where, hint: 'give what `program` makes' });
}

/**
 * Writes an algorithm down as a program in RASP. What is wrong with it is an error where it is written.
 * @param build makes the output from the language
 * @throws OptionError for an impossible option
 * @throws ProgramError for an expression that does not make sense
 */
export function program<const T extends string | number | boolean, O extends Value>(
  options: ProgramOptions<T>,
  build: (rasp: Rasp<T>) => Sequence<O>,
): Program<T, O> {
  const { name, maxLength, causal = false } = checkOptions(schema, options, 'program');
  const vocabulary = options.vocabulary.map((token) => plainValue(token) as T);
  const repeated = vocabulary.find((token, i) => vocabulary.indexOf(token) !== i);
  if (repeated !== undefined || vocabulary.some((token) => typeof token !== typeof vocabulary[0]))
    throw new ProgramError({
      what:
        repeated !== undefined
          ? `the vocabulary has ${valueInWords(repeated)} twice`
          : `the vocabulary has tokens of several types: ${valuesInWords(vocabulary)}`,
      where: 'program.vocabulary',
      hint: 'give distinct tokens of one type',
    });
  const rasp = raspOf<T>({ vocabulary, maxLength, causal });
  const output: unknown = build(rasp);
  if (!(output instanceof Sequence))
    throw new ProgramError({
      what: `the program gives ${typeof output === 'object' ? 'an object' : typeof output} and not a sequence`,
      where: name,
      hint: 'return the sequence that is the output, e.g. width(same)',
    });
  if (output.op.owner !== rasp.tokens.op.owner)
    throw new ProgramError({
      what: 'the program gives a sequence of another program',
      where: name,
      hint: 'return a sequence that is made with what this program was given',
    });
  const ops = inOrder(output.op);
  const last = ops.at(-1)!;
  if (
    last.name === undefined &&
    !['tokens', 'indices', 'length'].includes(last.kind) &&
    !ops.some((op) => op.name === 'output')
  )
    last.name = 'output';
  return new Program(name, vocabulary, maxLength, causal, ops);
}
