/** Mutants of a model: what there is to change, and a model with one change made. */
import { OptionError } from '../../src/errors.js';
import { isTokens, shapeKey, type ModelInput, type Tokens } from '../../src/model/input.js';
import type { Model } from '../../src/model/model.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import { checkKeys, suggest } from '../../src/options.js';
import type { AnyTask } from '../../src/task/task.js';
import { printed } from './printed.js';
import { asTransformer, Draft } from './weights/draft.js';
import { kindOf, kinds as weightKinds, type WeightMutation } from './weights/mutant/index.js';
import type { Reference } from './weights/mutant/kind.js';
import { cellsOf, lookupTable, MOST_CELLS } from './weights/mutant/lookup.js';

/** The whole model replaced by a table of its own answers. */
export interface LookupMutation {
  readonly kind: 'lookup table';
}

/** The whole model replaced by one of the others given. */
export interface OtherMutation {
  readonly kind: 'other model';
  readonly index: number;
}
/** One fault, as plain data. */
export type Mutation = WeightMutation | LookupMutation | OtherMutation;
/** The kind of a mutation. */
export type MutationName = Mutation['kind'];

/** A model with a fault. Prints what it did in words, then the mutation as JSON that `mutantOf` reads. */
export interface Mutant {
  readonly mutation: Mutation;
  readonly description: string;
  /** the changed model, on the backend of the one it was made from; the caller disposes of it (one of `others` stays alive) */
  apply(): Promise<Model>;
  toString(): string;
}
/** What `mutants` draws. */
export interface MutantsConstraints {
  /** the task, where means and spreads of activations are taken from, and the answers of a lookup table. Without it mutants that need one are not drawn */
  readonly on?: AnyTask;
  /** inputs for means and spreads. @defaultValue 200 */
  readonly inputs?: number;
  /** seed of those inputs. @defaultValue 0 */
  readonly seed?: number;
  /** models that do the task by another rule, or another task: each is a mutant as it is. @defaultValue none */
  readonly others?: readonly Model[];
  /** which kinds of mutation. @defaultValue all that are possible */
  readonly kinds?: readonly MutationName[];
}

/** The kinds of mutation. */
export const mutationNames: readonly MutationName[] = [
  ...weightKinds.map(({ kind }) => kind),
  'lookup table',
  'other model',
];
export const plains = new WeakMap<object, { readonly model: Transformer; readonly mutation: Mutation }>();
export const where = 'options of mutants';

export interface Setting {
  readonly model: Transformer;
  readonly draft: Draft;
  readonly others: readonly Model[];
  reference(): Reference | undefined;
  /** undefined where there is no task, or none that a table could hold */
  readonly table: (() => Promise<Transformer>) | undefined;
}

export function settingOf(model: Model, options: MutantsConstraints): Setting {
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

function wordsOf(mutation: Mutation, setting: Setting): string {
  if (mutation.kind === 'lookup table')
    return 'the whole model replaced by a table of its answers, one neuron for each input';
  if (mutation.kind === 'other model') return `the whole model replaced by ${setting.others[mutation.index]!.name}`;
  return kindOf(mutation.kind)!.description(mutation, setting.reference());
}

/** A model whose owner is somebody else. */
const borrowed = (model: Model): Model => Object.create(model, { dispose: { value: () => undefined } }) as Model;

export function build(mutation: Mutation, setting: Setting): Mutant {
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

/** Everywhere that a kind can strike. */
export function placesOf(name: MutationName, setting: Setting): readonly Mutation[] {
  if (name === 'lookup table') return setting.table ? [{ kind: name }] : [];
  if (name === 'other model') return setting.others.map((_, index) => ({ kind: name, index }));
  const kind = kindOf(name)!;
  return kind.needsInputs && !setting.reference() ? [] : kind.places(setting.draft);
}

export function kindsOf(options: MutantsConstraints): readonly MutationName[] {
  const { kinds = mutationNames } = options;
  const unknown = kinds.find((kind) => !mutationNames.includes(kind));
  if (unknown !== undefined)
    throw new OptionError({ what: `there is no mutation "${unknown}"`, where, hint: suggest(unknown, mutationNames) });
  return kinds;
}
