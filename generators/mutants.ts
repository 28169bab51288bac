/** Changes of a transformer that a test of how it does its task must catch. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import { isTokens, shapeKey, type ModelInput, type Tokens } from '../src/model/input.js';
import type { Model } from '../src/model/model.js';
import { transformer, type Transformer } from '../src/model/formats/transformer/run/model.js';
import { checkKeys, suggest } from '../src/options.js';
import type { AnyTask } from '../src/task/task.js';
import { printed } from './_internals/printed.js';
import { lower, plainArbitrary } from './_internals/weights/arbitrary.js';
import { asTransformer, Draft } from './_internals/weights/draft.js';
import { kindOf, kinds as weightKinds, type WeightMutation } from './_internals/weights/mutant/index.js';
import type { Reference } from './_internals/weights/mutant/kind.js';
import { cellsOf, lookupTable, MOST_CELLS } from './_internals/weights/mutant/lookup.js';
import { checked, readPlain } from './_internals/weights/read.js';

/** The whole model replaced by a table of its own answers. */
export interface LookupMutation {
  readonly kind: 'lookup table';
}
/** The whole model replaced by one of the others given. */
export interface OtherMutation {
  readonly kind: 'other model';
  readonly index: number;
}

export type Mutation = WeightMutation | LookupMutation | OtherMutation;
export type MutationName = Mutation['kind'];

/** A model with a fault. Prints what it did in words, then the mutation as JSON that `mutantOf` reads. */
export interface Mutant {
  readonly mutation: Mutation;
  readonly description: string;
  /** the changed model, on the backend of the one it was made from; the caller disposes of it (one of `others` stays alive) */
  apply(): Promise<Model>;
  toString(): string;
}

export interface MutantsOptions {
  /** the task, where means and spreads of activations are taken from, and the answers of a lookup table. Without it mutants that need one are not drawn */
  readonly on?: AnyTask;
  /** inputs for means and spreads. Default 200 */
  readonly inputs?: number;
  /** seed of those inputs. Default 0 */
  readonly seed?: number;
  /** models that do the task by another rule, or another task: each is a mutant as it is */
  readonly others?: readonly Model[];
  /** Default: all that are possible */
  readonly kinds?: readonly MutationName[];
}

export const mutationNames: readonly MutationName[] = [
  ...weightKinds.map(({ kind }) => kind),
  'lookup table',
  'other model',
];

const plains = new WeakMap<object, { readonly model: Transformer; readonly mutation: Mutation }>();
const where = 'options of mutants';

interface Setting {
  readonly model: Transformer;
  readonly draft: Draft;
  readonly others: readonly Model[];
  reference(): Reference | undefined;
  /** undefined where there is no task, or none that a table could hold */
  readonly table: (() => Promise<Transformer>) | undefined;
}

function settingOf(model: Model, options: MutantsOptions): Setting {
  checkKeys(options, ['on', 'inputs', 'seed', 'others', 'kinds'], where);
  const original = asTransformer(model, 'mutants');
  const { on, inputs = 200, seed = 0, others = [] } = options;
  let reference: Reference | undefined;
  return {
    model: original,
    draft: new Draft(original),
    others,
    reference() {
      if (on === undefined || reference) return reference;
      const examples = on.examples(inputs, seed);
      const groups = new Map<string, ModelInput[]>();
      for (const input of on.encode(examples, original).inputs)
        groups.set(shapeKey(input), [...(groups.get(shapeKey(input)) ?? []), input]);
      return (reference = {
        batches: [...groups.values()],
        description: `${examples.inputs.length} inputs of "${on.name}"`,
        model: original,
      });
    },
    table: on && tableOf(original, on),
  };
}

/** A finite task of token lists of one length, answered at the last position, whose table is not too large. */
function tableOf(model: Transformer, on: AnyTask): Setting['table'] {
  if (on.size === undefined || on.behaviour.position !== -1) return undefined;
  const all = on.encode(on.examples(on.size, 0), model).inputs;
  const fits = all.every((input) => isTokens(input) && input.length === (all[0] as Tokens).length && input.length > 0);
  if (!fits || cellsOf(all as Tokens[], model.config.d_vocab_out) > MOST_CELLS) return undefined;
  return async () => {
    const { logits } = await model.run(all, { logits: -1 });
    const classes = logits.shape[1]!;
    const answers = all.map((_, row) => logits.data.subarray(row * classes, (row + 1) * classes));
    const { attention_dir, d_vocab } = model.config;
    const { config, weights } = lookupTable({ inputs: all as Tokens[], answers, attention_dir, d_vocab });
    return transformer(config, weights, { name: `${model.name} as a lookup table`, backend: model.backend });
  };
}

/** What is wrong with a mutation for a model; undefined where it fits. */
function misfit(mutation: Mutation, { draft, others, table, reference }: Setting): string | undefined {
  if (mutation.kind === 'lookup table')
    return table
      ? undefined
      : 'a lookup table takes a finite task (`on`) of token lists of one length, answered at the last position, and not too many of them';
  if (mutation.kind === 'other model')
    return others[mutation.index] ? undefined : `there is no other model ${mutation.index}`;
  const kind = kindOf(mutation.kind)!;
  return kind.needsInputs && !reference() ? 'it needs inputs: give the task (`on`)' : kind.misfit(mutation, draft);
}

function wordsOf(mutation: Mutation, setting: Setting): string {
  if (mutation.kind === 'lookup table')
    return 'the whole model replaced by a table of its answers, one neuron for each input';
  if (mutation.kind === 'other model') return `the whole model replaced by ${setting.others[mutation.index]!.name}`;
  return kindOf(mutation.kind)!.description(mutation, setting.reference());
}

/** A model whose owner is somebody else. */
const borrowed = (model: Model): Model => Object.create(model, { dispose: { value: () => undefined } }) as Model;

function build(mutation: Mutation, setting: Setting): Mutant {
  const { model } = setting;
  const words = wordsOf(mutation, setting);
  const value = printed(
    {
      mutation,
      description: words,
      async apply(): Promise<Model> {
        if (mutation.kind === 'lookup table') return setting.table!();
        if (mutation.kind === 'other model') return borrowed(setting.others[mutation.index]!);
        const draft = new Draft(model);
        await kindOf(mutation.kind)!.apply(draft, mutation, setting.reference());
        const { config, weights } = draft.done();
        return transformer(config, weights, { name: `${model.name} (${words})`, backend: model.backend });
      },
    },
    () => `${model.name}: ${words}\n${JSON.stringify(mutation)}`,
  );
  plains.set(value, { model, mutation });
  return value;
}

/**
 * The mutant of a model that a mutation or its JSON describes.
 * @param options what it was made with, as far as it needs it: `on` for means and lookup tables, `others`
 * @throws OptionError for a mutation that does not fit the model; ModelError for a model that is no transformer
 */
export function mutantOf(model: Model, from: Mutation | string, options: MutantsOptions = {}): Mutant {
  const mutation = readPlain(from, 'mutantOf');
  const setting = settingOf(model, options);
  if (!mutationNames.includes(mutation?.kind))
    throw new OptionError({
      what: `there is no mutation "${String(mutation?.kind)}"`,
      where: 'mutantOf',
      hint: suggest(String(mutation?.kind), mutationNames),
    });
  const wrong = checked(() => misfit(mutation, setting));
  if (wrong !== undefined)
    throw new OptionError({
      what: `"${mutation.kind}" does not fit: ${wrong}`,
      where: 'mutantOf',
      hint: 'use it with the model and the options it was made with',
    });
  return build(mutation, setting);
}

/** Everywhere that a kind can strike. */
function placesOf(name: MutationName, setting: Setting): readonly Mutation[] {
  if (name === 'lookup table') return setting.table ? [{ kind: name }] : [];
  if (name === 'other model') return setting.others.map((_, index) => ({ kind: name, index }));
  const kind = kindOf(name)!;
  return kind.needsInputs && !setting.reference() ? [] : kind.places(setting.draft);
}

function kindsOf(options: MutantsOptions): readonly MutationName[] {
  const { kinds = mutationNames } = options;
  const unknown = kinds.find((kind) => !mutationNames.includes(kind));
  if (unknown !== undefined)
    throw new OptionError({ what: `there is no mutation "${unknown}"`, where, hint: suggest(unknown, mutationNames) });
  return kinds;
}

/** One mutant for every place: what `mutants` draws from, each in its mildest form. In the order of `mutationNames`. */
export function allMutants(model: Model, options: MutantsOptions = {}): Mutant[] {
  const setting = settingOf(model, options);
  return kindsOf(options)
    .flatMap((kind) => placesOf(kind, setting))
    .map((mutation) => build(mutation, setting));
}

/** Where a mutation strikes, whatever its form: the fields that say how strongly and on which feature apart. */
const placeKey = (mutation: Mutation): string =>
  JSON.stringify(Object.entries(mutation).filter(([key]) => key !== 'by' && key !== 'feature'));

/**
 * Mutants of a transformer, one fault each: two heads' outputs swapped, a head or a layer cut off, scaled, shifted, or replaced by its mean, a head's attention made uniform, a neuron negated or
 * replaced by its mean, a direction of the residual stream zeroed, one part made blind for what another writes; the whole model replaced by a lookup table of its answers, or by
 * another model (`others`). Kinds are equally likely, and so are the places of a kind.
 *
 * Left out is what provably changes nothing: parts that read or write nothing or whose writing nothing reads, heads that do the same swapped, a uniform pattern made uniform.
 * Shrinks to the first place of its kind, and to the mildest form.
 * @throws ModelError for a model that is no transformer, OptionError for an unknown option or kind, or where there is nothing to change
 */
export function mutants(model: Model, options: MutantsOptions = {}): fc.Arbitrary<Mutant> {
  const setting = settingOf(model, options);
  const places = new Map(
    kindsOf(options)
      .map((kind) => [kind, placesOf(kind, setting)] as const)
      .filter(([, list]) => list.length > 0),
  );
  if (places.size === 0)
    throw new OptionError({
      what: `there is nothing in ${model.name} that these mutants could change`,
      where,
      hint: 'give more kinds, or the task (`on`)',
    });
  const ranks = new Map(
    [...places].map(([kind, list]) => [kind, new Map(list.map((place, i) => [placeKey(place), i]))]),
  );
  const rank = (mutation: Mutation): number => ranks.get(mutation.kind)?.get(placeKey(mutation)) ?? -1;
  return plainArbitrary<Mutation, Mutant>({
    draw(dice) {
      const name = dice.pick([...places.keys()]);
      const place = dice.pick(places.get(name)!);
      return kindOf(name)?.vary?.(place as WeightMutation, dice, setting.draft) ?? place;
    },
    *simpler(mutation) {
      const list = places.get(mutation.kind)!;
      for (const at of lower(rank(mutation), 0)) {
        // in the same form, elsewhere
        const { by, feature } = mutation as { by?: number; feature?: number };
        yield { ...list[at]!, ...(by !== undefined && { by }), ...(feature !== undefined && { feature }) } as Mutation;
      }
      const kind = kindOf(mutation.kind);
      if (kind) yield* kind.simpler(mutation as WeightMutation);
    },
    size: (mutation) => [rank(mutation), kindOf(mutation.kind)?.size(mutation as WeightMutation) ?? 0],
    valid: (mutation) => rank(mutation) >= 0,
    build: (mutation) => build(mutation, setting),
    plainOf: (value) => {
      const made = typeof value === 'object' && value !== null ? plains.get(value) : undefined;
      return made?.model === setting.model ? made.mutation : undefined;
    },
  });
}
