/** The implementations that some options allow. */
import * as fc from 'fast-check';
import { InputError, OptionError } from '../../src/errors.js';
import { intervene, sitesOf, type Component } from '../../src/circuit/component.js';
import { ablatable } from '../../src/circuit/ablation.js';
import { fixed, needsReferences, resamples, type Ablation } from '../../src/circuit/ablations.js';
import { namedSites, referencesOf } from '../../src/circuit/references.js';
import { shapeKey, sizeInWords, type ModelInput } from '../../src/model/input.js';
import type { Activation, Intervention, Model } from '../../src/model/model.js';
import { checkKeys } from '../../src/options.js';
import { runExamples, type ExampleRun, type ExampleRunOptions, type BatchInterventions } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { listed } from './component-set.js';
import { chosen, outsideOf, type Outside } from '../outside.js';
import { origins, type Origin } from './origins.js';
import { takenOnce } from './pool.js';
import type { Counterfactual, From } from './counterfactual-source.js';
import { Sources, ways } from './sources.js';
import { staged } from './staged.js';
import { subsets } from './subsets.js';
import { mildness } from './mildness.js';
import {
  type GeneratedImplementation,
  type ImplementationDescription,
  type ImplementationMaker,
  Generated,
} from './generated-implementation.js';

/** What `implementations` draws. */
export interface ImplementationsConstraints<I> extends Outside {
  /** the task */
  readonly on: Task<I>;
  /** with what components are replaced; each implementation uses one of them. @defaultValue 'resample' */
  readonly by?: Ablation | readonly Ablation[];
  /** where resampled activations come from. @defaultValue as the task draws them (`drawn`) where it has a counterfactual of its own, else `input` and `shift` */
  readonly from?: From | readonly From[];
  /** fewest components at once. @defaultValue 1 */
  readonly minLength?: number;
  /** most components at once. @defaultValue all that may be intervened on */
  readonly maxLength?: number;
  /** inputs the behaviour is measured on. @defaultValue 200 */
  readonly inputs?: number;
  /** seed of those inputs. @defaultValue 0 */
  readonly seed?: number;
  /** the inputs themselves, in place of `inputs` and `seed`. @defaultValue those that the task draws */
  readonly examples?: Examples<I>;
}

const known = [
  'on',
  'circuit',
  'outside',
  'over',
  'by',
  'from',
  'minLength',
  'maxLength',
  'inputs',
  'seed',
  'examples',
];

/** Components, index into the allowed `by`, where from. */
type Raw = [components: readonly Component[], by: number, origin: Origin];
const nowhere: Origin = { way: 'input', place: 0, shift: 1, seed: 0 };

/** The allowed ones of some options, in their order. */
function allowed<T extends string>(given: T | readonly T[], all: readonly T[], where: string): readonly T[] {
  const list: readonly T[] = typeof given === 'string' ? [given] : given;
  const odd = list.find((one) => !all.includes(one));
  if (odd !== undefined || list.length === 0)
    throw new OptionError({
      what: odd === undefined ? 'nothing is allowed' : `there is no "${odd}"`,
      where: `implementations.${where}`,
      hint: `give one or several of ${all.join(', ')}`,
    });
  return all.filter((one) => list.includes(one));
}

/** The implementations that some options allow. */
export class Space<I> implements ImplementationMaker<I> {
  private readonly free: readonly Component[];
  readonly examples: Examples<I>;
  private readonly by: readonly Ablation[];
  private readonly from: readonly From[];
  private readonly made = new WeakMap<object, Raw>();
  private sources: Sources<I> | undefined;
  private cleanRun: { readonly fingerprint: string; readonly logits: Promise<readonly Float32Array[]> } | undefined;

  constructor(
    readonly model: Model,
    private readonly options: ImplementationsConstraints<I>,
  ) {
    checkKeys(options, known, 'implementations');
    const { on, inputs = 200, seed = 0 } = options;
    this.free = outsideOf(model, options);
    this.by = allowed(options.by ?? 'resample', mildness, 'by');
    this.examples = options.examples ?? on.examples(inputs, seed);
    this.from = allowed(
      options.from ?? (on.counterfactual ? 'drawn' : this.shifts ? ['input', 'shift'] : 'input'),
      ways,
      'from',
    );
    if (this.by.some(resamples) && this.from.includes('shift') && !this.shifts)
      throw new OptionError({
        what: 'no two examples are of one size, so none can be shifted',
        where: 'implementations.from',
        hint: 'give more examples (`inputs`), or take counterfactuals from another `input`',
      });
    if (this.by.some(resamples)) this.examples = on.withCounterfactuals(this.examples, [model]);
    const references = this.by.find(needsReferences);
    if (references) this.examples = ablatable(model, on, this.examples, sitesOf(this.free), references);
  }

  /** Resampling needs counterfactuals; nothing else asks whether there are any. */
  private get source(): Sources<I> {
    return (this.sources ??= new Sources(this.model, this.options.on, this.examples));
  }

  private get shifts(): boolean {
    const { inputs } = this.options.on.encode(this.examples, this.model);
    return new Set(inputs.map(shapeKey)).size < takenOnce(inputs, (one) => one).length;
  }

  arbitrary(): fc.Arbitrary<GeneratedImplementation<I>> {
    const { minLength, maxLength } = this.options;
    const raw = staged<Raw>(
      [
        subsets(this.free, minLength, maxLength) as fc.Arbitrary<readonly Component[]>,
        fc.nat(this.by.length - 1),
        !this.by.some(resamples)
          ? fc.constant(nowhere)
          : origins(this.from, this.source.lastPlace, this.source.longestShift),
      ],
      ([, by]) => (resamples(this.by[by]!) ? [0, 1, 2] : [0, 1]),
    );
    return raw.map(
      (one) => this.make(one),
      (value) => {
        const known = this.made.get(value as object);
        if (!known) throw new Error('no implementation of this arbitrary');
        return known;
      },
    );
  }

  private make(raw: Raw): GeneratedImplementation<I> {
    const [components, byIndex, { way, place, shift, seed }] = raw;
    const by = this.by[byIndex]!;
    const from: Counterfactual<I> | undefined = !resamples(by)
      ? undefined
      : way === 'input'
        ? this.source.at(place)
        : way === 'shift'
          ? { kind: 'shift', places: shift }
          : { kind: 'drawn', seed };
    const made = new Generated(this, components, by, from);
    this.made.set(made, raw);
    return made;
  }

  /** @throws OptionError, InterventionError for what these options do not allow */
  parse({ components: names, by, from }: ImplementationDescription): GeneratedImplementation<I> {
    const components = chosen(this.model, names);
    const outside = components.find(({ name }) => !this.free.some((one) => one.name === name));
    if (outside || !this.by.includes(by))
      throw new OptionError({
        what: outside ? `${outside.name} may not be intervened on` : `"${String(by)}" is not allowed`,
        where: 'implementation',
        hint: 'give the options that it was drawn with',
      });
    const own = this.free.filter((one) => components.some(({ name }) => name === one.name));
    const way = from === undefined ? undefined : 'inputs' in from ? 'input' : 'shift' in from ? 'shift' : 'drawn';
    if (resamples(by) !== (way !== undefined) || (way && !this.from.includes(way)))
      throw new OptionError({
        what: way ? `counterfactuals by ${way} are not allowed` : 'it does not say from where',
        where: 'implementation.from',
        hint: 'give the options that it was drawn with',
      });
    const place = from && 'inputs' in from ? this.source.named(from.inputs).place : 0;
    return this.make([
      own,
      this.by.indexOf(by),
      {
        way: way ?? 'input',
        place,
        shift: from && 'shift' in from ? from.shift : 1,
        seed: from && 'seed' in from ? from.seed : 0,
      },
    ]);
  }

  describe(components: readonly Component[], by: Ablation, from: Counterfactual<I> | undefined): string {
    const how = from ? this.source.words(from) : fixed(by)!.state(components.length === 1 ? 'its' : 'their');
    return `${this.model.name} with ${listed(this.model, components)} ${how}`;
  }

  patch(components: readonly Component[], by: Ablation, from: Counterfactual<I> | undefined): BatchInterventions {
    const method = fixed(by);
    const references = () => referencesOf(this.model, this.options.on, this.examples).inputs;
    if (method) return () => intervene(components, method.replacement(references));
    let inputs: readonly ModelInput[] | undefined;
    return (rows) => {
      inputs ??= this.source.ofExamples(from!);
      return intervene(components, { kind: 'resample', inputs: rows.map((row) => inputs![row]!) });
    };
  }

  interventions(
    components: readonly Component[],
    by: Ablation,
    from: Counterfactual<I> | undefined,
    inputs: readonly I[],
  ): readonly Intervention[] {
    const { on } = this.options;
    const method = fixed(by);
    const references = () => referencesOf(this.model, on, this.examples);
    const replaced = (): readonly Intervention[] =>
      intervene(
        components,
        method!.replacement(() => references().inputs),
      );
    if (method && !needsReferences(by)) return replaced();
    const encoded = on.encode({ inputs }, this.model).inputs;
    if (!method)
      return intervene(components, { kind: 'resample', inputs: this.source.ofInputs(from!, inputs, encoded) });
    const sites = namedSites(this.model, sitesOf(components));
    const odd = encoded.findIndex((input) => references().alone(input, sites));
    if (odd >= 0)
      throw new InputError({
        what: `input ${odd} has ${sizeInWords(encoded[odd]!)}, and no other example of task "${on.name}" is as large: there is no mean for a part of it`,
        where: 'interventions',
        hint: 'give inputs of the sizes that the task has, or more examples (`inputs`)',
      });
    return replaced();
  }

  async run(
    one: GeneratedImplementation<I>,
    { capture, signal }: Pick<ExampleRunOptions, 'capture' | 'signal'>,
  ): Promise<ExampleRun> {
    const { model, examples } = this;
    const { on } = this.options;
    const clean = on.behaviour.relative ? await this.clean(signal) : undefined;
    return runExamples(model, on, examples, { patch: await this.cheap(one), clean, capture, signal });
  }

  /** The model's own logits, asked for by every implementation of a relative behaviour: of a model in training, those of the moment. */
  private clean(signal: AbortSignal | undefined): Promise<readonly Float32Array[]> {
    const { fingerprint } = this.model;
    if (this.cleanRun?.fingerprint === fingerprint) return this.cleanRun.logits;
    const logits = runExamples(this.model, this.options.on, this.examples, { signal }).then((run) => run.logits);
    this.cleanRun = { fingerprint, logits };
    // one run that was cancelled must not fail all that follow
    logits.catch(() => (this.cleanRun = undefined));
    return logits;
  }

  /** The same patch; where one input stands in for a whole batch, it is run once and not once per row. */
  private async cheap({ components, from, patch }: GeneratedImplementation<I>): Promise<BatchInterventions> {
    if (from?.kind !== 'input') return patch;
    const { groups } = this.options.on.encode(this.examples, this.model);
    const sites = sitesOf(components);
    const activations = new Map<readonly number[], ReadonlyMap<string, Activation>>();
    for (const rows of groups) {
      const input = this.source.single(from, rows);
      if (input) activations.set(rows, (await this.model.run([input], { capture: sites, logits: false })).activations);
    }
    return (rows) => {
      const there = activations.get(rows);
      return there ? intervene(components, (site) => ({ kind: 'value', value: there.get(site)! })) : patch(rows);
    };
  }
}
