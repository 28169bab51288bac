/** Runs trials many to a forward pass: each is a row of the batch, with interventions of its own. */
import { TaskError } from '../src/errors.js';
import { passOf } from '../src/rows.js';
import { breathe } from '../src/signal.js';
import { shapeKey } from '../src/model/input.js';
import type { Intervention, Model, Replacement, Values } from '../src/model/model.js';
import { rowOf } from '../src/task/behaviour.js';
import type { ExampleRun } from '../src/task/run.js';
import type { Examples, Task } from '../src/task/task.js';
import { sitesOf, type Component } from '../src/circuit/component.js';
import { ablationNames, fixed, needsReferences, resamples } from '../src/circuit/ablations.js';
import { alone, namedSites, referencesOf, type References } from '../src/circuit/references.js';
import { exampleOf, type Example } from '../generators/_internals/pool.js';
import type { Trial } from '../generators/trials.js';
import type { Budget } from './budget.js';
import { SourceActivations } from './sources.js';

/** What a trial did to the behaviour: on its input, or on average over the examples. */
export interface Effect {
  /** the behaviour's score without interventions, and with them */
  readonly before: number;
  readonly after: number;
}

/** Rows that models compute at once, as a rule: more of them are counted as several passes. */
const ROWS = 256;

/** Results kept, so that what shrinking meets again is not run again. */
const KEPT = 100_000;

/** Rows of a batch that have the same slice replaced with the same thing. */
class Groups {
  private readonly groups = new Map<
    string,
    {
      readonly site: string;
      readonly axis: string | undefined;
      readonly indices: readonly number[];
      readonly rows: number[];
    }
  >();

  add(row: number, components: readonly Component[]): void {
    const bySlice = new Map<string, Component[]>();
    for (const component of components) {
      const key = `${component.site} ${component.axis ?? ''}`;
      const there = bySlice.get(key);
      if (there) there.push(component);
      else bySlice.set(key, [component]);
    }
    for (const [slice, there] of bySlice) {
      const { site, axis } = there[0]!;
      const indices = there.map(({ index }) => index);
      const key = `${slice} ${axis === undefined ? '' : indices.join(',')}`;
      const group = this.groups.get(key);
      if (group) group.rows.push(row);
      else this.groups.set(key, { site, axis, indices, rows: [row] });
    }
  }

  /** @param by the same object for all groups of a site, which then take one mask; `rows` are those of all its groups */
  interventions(by: (site: string, rows: readonly number[]) => Replacement): Intervention[] {
    const groups = [...this.groups.values()];
    const replacements = new Map(
      this.sites.map((site) => [
        site,
        by(
          site,
          groups.filter((group) => group.site === site).flatMap(({ rows }) => rows),
        ),
      ]),
    );
    return groups.map(({ site, axis, indices, rows }) => {
      const replacement = replacements.get(site)!;
      return axis === undefined
        ? { site, rows, by: replacement }
        : { site, at: { [axis]: indices }, rows, by: replacement };
    });
  }

  get sites(): string[] {
    return [...new Set([...this.groups.values()].map(({ site }) => site))];
  }
}

/** A trial on one input. */
interface Row<I> {
  readonly trial: Trial<I>;
  readonly input: Example<I>;
  readonly source: Example<I> | undefined;
}

const rowOfTrial = <I>(trial: Trial<I>, input = trial.input!): Omit<Row<I>, 'input'> => ({
  trial,
  source: trial.source(input),
});

/** A model on a task, for trials. */
export class TrialRunner<I> {
  /** what trials on all the examples run */
  readonly all: readonly Example<I>[];
  /** logits without interventions, by input */
  private readonly clean = new Map<I, Float32Array>();
  private readonly known = new Map<string, Effect>();
  /** what means are taken over */
  private readonly references: References;
  private readonly sources: SourceActivations<I>;
  private readonly means = new Set<string>();
  /** inputs that means at some sites replace every part of, by the sites */
  private readonly served = new Map<string, WeakSet<Example<I>>>();

  /**
   * @param examples what a trial without an input of its own is about
   * @param run what `runExamples` made of them, where that is known: it is not computed again, nor are activations that it captured
   * @param serves those of the examples that trials on all of them are about. Default: all
   */
  constructor(
    private readonly model: Model,
    private readonly task: Task<I>,
    examples: Examples<I>,
    run?: Pick<ExampleRun, 'logits' | 'batches'>,
    serves: (example: Example<I>) => boolean = () => true,
  ) {
    this.sources = new SourceActivations(model);
    const { inputs } = task.encode(examples, model);
    this.references = referencesOf(model, task, examples);
    this.all = examples.inputs.map((input, at) => exampleOf(input, inputs[at]!)).filter(serves);
    run?.logits.forEach((logits, at) => this.clean.set(examples.inputs[at]!, logits));
    for (const batch of run?.batches ?? [])
      this.sources.keep(
        batch.rows.map((row) => examples.inputs[row]!),
        batch,
      );
  }

  /** The effect of a trial that has been run. */
  recall({ key }: Trial<I>): Effect | undefined {
    return this.known.get(key);
  }

  /**
   * The effects of trials, in their order. The clean rows that are missing run in the same pass, and the activations to resample from all come from one more.
   * @throws whatever the model throws; TaskError for an input that there is nothing to replace a part of with
   */
  async effects(trials: readonly Trial<I>[], budget?: Budget): Promise<Effect[]> {
    const missing = new Map<string, Trial<I>>();
    for (const trial of trials) if (!this.known.has(trial.key)) missing.set(trial.key, trial);
    const bySize = new Map<string, Row<I>[]>();
    const found = new Map<string, Effect>();
    for (const trial of missing.values()) {
      if (trial.input === undefined) {
        found.set(trial.key, await this.whole(trial, budget));
        continue;
      }
      const key = shapeKey(trial.input.encoded);
      const row = { ...rowOfTrial(trial), input: trial.input };
      const there = bySize.get(key);
      if (there) there.push(row);
      else bySize.set(key, [row]);
    }
    for (const group of bySize.values())
      for (const [i, effect] of (await this.run(group, budget)).entries()) found.set(group[i]!.trial.key, effect);
    const effects = trials.map(({ key }) => found.get(key) ?? this.known.get(key)!);
    if (this.known.size + found.size > KEPT) this.known.clear();
    for (const [key, effect] of found) this.known.set(key, effect);
    return effects;
  }

  /** One trial on all the examples: the mean scores over them. */
  private async whole(trial: Trial<I>, budget: Budget | undefined): Promise<Effect> {
    const { all } = this;
    let [before, after] = [0, 0];
    for (const size of new Set(all.map(({ encoded }) => shapeKey(encoded)))) {
      const rows = all
        .filter(({ encoded }) => shapeKey(encoded) === size)
        .map((input) => ({ ...rowOfTrial(trial, input), input }));
      for (const effect of await this.run(rows, budget)) {
        before += effect.before;
        after += effect.after;
      }
    }
    return { before: before / all.length, after: after / all.length };
  }

  /** Rows of one size. */
  private async run(trials: readonly Row<I>[], budget: Budget | undefined): Promise<Effect[]> {
    await breathe(budget?.signal);
    const { model, task } = this;
    const unknown = [...new Set(trials.map(({ input }) => input))].filter(({ input }) => !this.clean.has(input));
    const rows = [...trials.map(({ input }) => input), ...unknown];
    const groups = ablationNames.map((by) => ({ by, components: new Groups() }));
    trials.forEach(({ trial: { by, components } }, row) =>
      groups.find((one) => one.by === by)!.components.add(row, components),
    );
    const { inputs: over } = this.references;
    this.check(trials);
    const captured = await this.capture(trials);
    const inputs = rows.map((input, row) => (trials[row]?.source ?? input).encoded);
    const perRow = rows.map((_, row) => trials[row]?.source);
    const resample = captured === false ? { kind: 'resample' as const, inputs } : undefined;
    const lent = new Map<string, Values>();
    const lend = (site: string, own: readonly number[]): Values => {
      const value = this.sources.at(site, perRow, own);
      lent.set(site, value);
      return value;
    };
    const interventions = groups.flatMap(({ by, components }) => {
      const replacement = fixed(by)?.replacement(() => over);
      return components.interventions(
        (site, own) => replacement ?? resample ?? { kind: 'value', value: lend(site, own) },
      );
    });
    const { position = -1 } = task.behaviour;
    const at = rows.map(({ input }) => (typeof position === 'function' ? position(input, model.tokenizer) : position));
    budget?.spend(
      Math.ceil(rows.length / ROWS) * (captured === false ? 2 : 1) +
        Number(captured) +
        Number(this.newMeans(groups.flatMap(({ by, components }) => (needsReferences(by) ? components.sites : [])))),
    );
    const { logits } = await passOf(budget?.signal, rows.length, () =>
      model.run(
        rows.map(({ encoded }) => encoded),
        { interventions, logits: at },
      ),
    );
    for (const [site, value] of lent) this.sources.giveBack(site, value);
    unknown.forEach(({ input }, i) => this.clean.set(input, rowOf(logits, trials.length + i).slice()));
    return trials.map(({ input }, row) => {
      const clean = this.clean.get(input.input)!;
      const score = (of: Float32Array): number => task.behaviour.score(of, input.input, clean, model.tokenizer);
      return { before: score(clean), after: score(rowOf(logits, row)) };
    });
  }

  /** The activations that trials resample from, if they fit. */
  private capture(rows: readonly Row<I>[]): Promise<number | false> {
    const wanted = new Map<Example<I>, Set<string>>();
    for (const { source, trial } of rows) {
      if (source === undefined) continue;
      const sites = wanted.get(source) ?? new Set<string>();
      for (const { site } of trial.components) sites.add(site);
      wanted.set(source, sites);
    }
    return this.sources.prepare(wanted);
  }

  /** @throws TaskError for an input that there is nothing to replace a part of with */
  private check(rows: readonly Row<I>[]): void {
    rows.forEach(({ input, source, trial: { by, components } }, at) => {
      if (resamples(by) && source === undefined)
        throw new TaskError({
          what: `input ${at} of task "${this.task.name}" has no counterfactual`,
          where: 'task.inputs',
          hint: 'add inputs of its size, leave it out, or give the task a `counterfactual` function',
        });
      if (!needsReferences(by)) return;
      const sites = sitesOf(components);
      const served = this.served.get(sites.join(' ')) ?? new WeakSet<Example<I>>();
      this.served.set(sites.join(' '), served);
      if (served.has(input)) return;
      if (this.references.alone(input.encoded, namedSites(this.model, sites)))
        throw alone(this.task, at, input.encoded, this.references);
      served.add(input);
    });
  }

  /** True where the model has to make means that it has not made yet. */
  private newMeans(sites: readonly string[]): boolean {
    const fresh = sites.filter((site) => !this.means.has(site));
    for (const site of fresh) this.means.add(site);
    return fresh.length > 0;
  }
}
