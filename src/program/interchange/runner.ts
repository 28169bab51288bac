/** Interchange interventions: a model runs an input with parts taken from its runs on others, beside the program with the variables that they hold set likewise. */
import { InputError, OptionError } from '../../errors.js';
import type { Activation, Intervention, Model } from '../../model/model.js';
import { passOf } from '../../rows.js';
import { breathe } from '../../signal.js';
import type { Value } from '../language/value.js';
import type { Program, ProgramRun, Settings } from '../program.js';
import type { Placed } from './placed.js';
import { positionsIn } from './places.js';
import { projected } from './subspace.js';
import { argmaxIfNumbers } from '../../argmax.js';
import { groupBy } from '../../group-by.js';

/** An input, and for each variable that is replaced the input that its value is taken from, as long as the first. */
export interface Interchange<T extends Value = Value> {
  readonly base: readonly T[];
  readonly sources: Readonly<Record<string, readonly T[]>>;
  /** of variables that are replaced at some positions only: these, of the program, from 0. The others are replaced wherever the alignment has them */
  readonly positions?: Readonly<Record<string, readonly number[]>> | undefined;
}

/** What an interchange comes to, at the positions that are compared. */
export interface Interchanged<O extends Value = Value> {
  /** the program's output with the variables set */
  readonly expected: readonly O[];
  /** the model's, with their parts replaced; undefined where its largest logit is none of the program's outputs, or NaN */
  readonly answers: readonly (O | undefined)[];
  /** true where the answers are what is expected */
  readonly agrees: boolean;
  /** true where setting the variables changes the program's output: elsewhere a model that ignores them agrees */
  readonly matters: boolean;
}

/** Rows of a pass. */
const ROWS = 256;
/** In the place of a position: all of those that the alignment names. */
const EVERYWHERE = -1;

const same = (a: readonly unknown[], b: readonly unknown[]): boolean => a.every((value, i) => value === b[i]);

/** A model, a program and an alignment. */
export class InterchangeRunner<T extends Value, O extends Value> {
  private runs = new WeakMap<readonly T[], ProgramRun<O>>();
  private interchanged = new WeakMap<Interchange<T>, ProgramRun<O>>();
  private readonly byName: ReadonlyMap<string, Placed>;
  /** rows and passes that were computed */
  rows = 0;
  passes = 0;

  /** @param position of the program whose output is compared, negative from the end; undefined: every one */
  constructor(
    private readonly model: Model,
    readonly program: Program<T, O>,
    readonly placed: readonly Placed[],
    private readonly position: number | undefined,
    private readonly signal?: AbortSignal,
  ) {
    this.byName = new Map(placed.map((one) => [one.name, one]));
  }

  /** The same with variables elsewhere, at the same positions: what the program gives is known already. */
  elsewhere(placed: readonly Placed[]): InterchangeRunner<T, O> {
    const { model, program, position, signal, runs, interchanged } = this;
    return Object.assign(new InterchangeRunner(model, program, placed, position, signal), {
      runs,
      interchanged,
    });
  }

  /** The program on an input, kept as long as the input is. */
  reference(input: readonly T[]): ProgramRun<O> {
    const known = this.runs.get(input);
    if (known !== undefined) return known;
    const run = this.program.run(input);
    this.runs.set(input, run);
    return run;
  }

  private compared<V>(output: readonly V[]): readonly V[] {
    return this.position === undefined ? output : output.slice(this.position).slice(0, 1);
  }

  /** What the program gives with the variables set. @throws InputError for sources of another length */
  expectedOf(interchange: Interchange<T>): Pick<Interchanged<O>, 'expected' | 'matters'> {
    const expected = this.compared(this.runOf(interchange).output);
    return { expected, matters: !same(expected, this.compared(this.reference(interchange.base).output)) };
  }

  /** The program with the variables set, kept as long as the interchange is. @throws InputError for sources of another length */
  runOf(interchange: Interchange<T>): ProgramRun<O> {
    const known = this.interchanged.get(interchange) ?? this.set(interchange);
    this.interchanged.set(interchange, known);
    return known;
  }

  private set({ base, sources, positions }: Interchange<T>): ProgramRun<O> {
    const set: Record<string, Settings[string]> = {};
    for (const [name, source] of Object.entries(sources)) {
      if (source.length !== base.length)
        throw new InputError({
          what: `the source of ${name} has ${source.length} tokens, the input ${base.length}`,
          where: `interchange of ${this.program.name}`,
          hint: 'take values from an input of the same length',
        });
      const values = this.reference(source).variables[name]!;
      const own = positions?.[name]?.map((at) => at + 1) ?? positionsIn(this.byName.get(name)!, base.length);
      set[name] = own === undefined ? values : values.map((value, i) => (own.includes(i + 1) ? value : undefined));
    }
    return this.program.run(base, { set });
  }

  /** In the order of the list. @throws whatever the model throws, CancelledError */
  async run(list: readonly Interchange<T>[]): Promise<Interchanged<O>[]> {
    const results: Interchanged<O>[] = Array.from({ length: list.length });
    // at some positions only, rows of several lengths would be replaced at different ones
    const together =
      this.model.ragged === true &&
      this.placed.every(({ positions }) => positions === undefined) &&
      list.every(({ positions }) => positions === undefined);
    const groups = groupBy(list.keys(), (at) => (together ? 0 : list[at]!.base.length));
    for (const all of groups.values())
      for (let from = 0; from < all.length; from += ROWS) {
        const some = all.slice(from, from + ROWS);
        const answers = await this.answers(some.map((at) => list[at]!));
        some.forEach((at, row) => {
          const { expected, matters } = this.expectedOf(list[at]!);
          results[at] = { expected, answers: answers[row]!, matters, agrees: same(expected, answers[row]!) };
        });
      }
    return results;
  }

  /** The model's answers to inputs that run in one batch. */
  private async answers(list: readonly Interchange<T>[]): Promise<(O | undefined)[][]> {
    const length = Math.max(...list.map(({ base }) => base.length));
    const batch = list.map(({ base }) => this.program.encode(base));
    const interventions = await this.interventions(list, batch, length);
    const at = this.position === undefined ? true : this.position < 0 ? this.position : this.position + 1;
    const { logits } = await this.pass(batch, { interventions, logits: at });
    return list.map(({ base }, row) => this.read(logits, row, base.length));
  }

  private async pass(batch: readonly number[][], options: Parameters<Model['run']>[1]): ReturnType<Model['run']> {
    await breathe(this.signal);
    this.rows += batch.length;
    this.passes++;
    return passOf(this.signal, batch.length, () => this.model.run(batch, options));
  }

  private async interventions(
    list: readonly Interchange<T>[],
    batch: readonly number[][],
    length: number,
  ): Promise<Intervention[]> {
    // the k-th variables of all rows take their values from one list of inputs, which then runs once
    const sources: number[][][] = [];
    const groups = new Map<
      string,
      { readonly placed: Placed; readonly k: number; readonly where: Map<number, number[]> }
    >();
    list.forEach(({ sources: own, positions }, row) =>
      Object.keys(own).forEach((name, k) => {
        (sources[k] ??= [...batch])[row] = this.program.encode(own[name]!);
        const group = groups.get(`${name} ${k}`) ?? { placed: this.byName.get(name)!, k, where: new Map() };
        groups.set(`${name} ${k}`, group);
        // by position, so that rows with other positions share what they have in common
        for (const at of positions?.[name] ?? [EVERYWHERE]) group.where.set(at, [...(group.where.get(at) ?? []), row]);
      }),
    );
    const replaced = [...groups.values()].flatMap(({ placed, k, where }) => {
      const own = positionsIn(placed, length);
      const slices = [...where].flatMap(([at, rows]) => {
        const position = at === EVERYWHERE ? own : [at + 1];
        // an input that is too short for the positions does not have the variable
        return position?.length === 0 ? [] : [{ rows, position }];
      });
      return placed.parts.map((part) => ({
        part,
        inputs: sources[k]!,
        slices: slices.map(({ rows, position }) => ({
          rows,
          at: position && part.site.axes.includes('position') ? { ...part.at, position } : part.at,
        })),
      }));
    });
    const order = new Map(this.model.sites.map(({ name }, i) => [name, i]));
    const made: Intervention[] = [];
    for (const { part, inputs, slices } of replaced.toSorted(
      (a, b) => order.get(a.part.site.name)! - order.get(b.part.site.name)!,
    )) {
      const site = part.site.name;
      if (slices.length === 0) continue;
      if (part.directions === undefined) {
        made.push(...slices.map((slice): Intervention => ({ site, ...slice, by: { kind: 'resample', inputs } })));
        continue;
      }
      // a part of what stands there: what the run has there so far must be known
      const capture = [site];
      let value = (await this.pass(batch, { capture, interventions: made, logits: false })).activations.get(site)!;
      const taken = (await this.pass(inputs, { capture, logits: false })).activations.get(site)!;
      for (const slice of slices) value = projected(part, value, taken, { ...slice, length: length + 1 });
      made.push({ site, rows: [...new Set(slices.flatMap(({ rows }) => rows))], by: { kind: 'value', value } });
    }
    return made;
  }

  private read({ shape, data }: Activation, row: number, length: number): (O | undefined)[] {
    const classes = shape.at(-1)!;
    const outputs = this.program.outputs;
    const largest = (from: number): O | undefined => {
      const best = argmaxIfNumbers(data, from, classes);
      return best === undefined ? undefined : outputs[best];
    };
    if (this.position !== undefined) return [largest(row * classes)];
    if (shape.length !== 3)
      throw new OptionError({
        what: `${this.model.name} gives one answer to an input, and no position of the program says which it is`,
        where: 'position',
        hint: 'give the position whose output the model answers',
      });
    return Array.from({ length }, (_, i) => largest((row * shape[1]! + i + 1) * classes));
  }
}
