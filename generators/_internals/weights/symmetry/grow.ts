/** More heads and neurons: ones that do nothing, or one split in two. A config has as many in every layer, so that every layer gets some. */
import { halves, type Dice } from '../arbitrary.js';
import { apply } from '../axis.js';
import type { Draft } from '../draft.js';
import { firstAxis, heads, intoNeurons, layersOf, ofHead, output, outOfNeurons, projected } from '../places.js';
import { isIndex, sum, type Step, type SymmetryKind } from './kind.js';
import { alike, assemble, withNew, zeros, type Slice } from './resize.js';

/** What a layer gets, put before its head or neuron `at`. */
export type Growth =
  /** writes nothing: random but for what it writes, which is 0; reads nothing: random but for what it reads, which is 0 */
  | { readonly how: 'writes nothing' | 'reads nothing'; readonly at: number; readonly seed: number }
  /** a copy of another, which keeps one share of what it writes and gives the copy the other */
  | { readonly how: 'split'; readonly at: number; readonly of: number; readonly share: number };

interface Grow extends Step {
  readonly layers: readonly Growth[];
}

export interface AddHeads extends Grow {
  readonly kind: 'add heads';
}
export interface AddNeurons extends Grow {
  readonly kind: 'add neurons';
}

const shares = [0.5, 0.25, -1] as const;

const drawGrowth = (model: Draft, dice: Dice, count: number): Growth[] =>
  layersOf(model.config).map(() => {
    const how = dice.pick(['writes nothing', 'reads nothing', 'split'] as const);
    const at = dice.between(0, count);
    return how === 'split'
      ? { how, at, of: dice.between(0, count - 1), share: dice.pick(shares) }
      : { how, at, seed: dice.between(0, 999) };
  });

const grow = {
  *simpler<S extends Grow>(step: S): Generator<S> {
    for (let layer = 0; layer < step.layers.length; layer++) {
      const own = step.layers[layer]!;
      const put = (growth: Growth): S => ({ ...step, layers: step.layers.with(layer, growth) });
      if (own.how !== 'writes nothing') yield put({ how: 'writes nothing', at: own.at, seed: 0 });
      else for (const seed of halves(own.seed, 0)) yield put({ ...own, seed });
      if (own.how === 'split' && own.share !== 0.5) yield put({ ...own, share: 0.5 });
    }
  },
  size: ({ layers }: Grow): readonly [number, number] => [
    layers.length,
    sum(
      layers.map((own) =>
        own.how === 'writes nothing' ? own.seed : 1000 + (own.how === 'split' && own.share === 0.5 ? 0 : 1),
      ),
    ),
  ],
  misfit({ layers }: Grow, { config }: Draft, count: number): string | undefined {
    const fine = (own: Growth): boolean =>
      isIndex(own.at, count + 1) &&
      (own.how === 'split'
        ? isIndex(own.of, count) && Number.isFinite(own.share)
        : (own.how === 'writes nothing' || own.how === 'reads nothing') && Number.isInteger(own.seed));
    return layers.length === config.n_layers && layers.every(fine)
      ? undefined
      : `it does not say for each of ${config.n_layers} layers what is added where`;
  },
  description: ({ layers }: Grow, what: string): string =>
    layers
      .map((own, layer) =>
        own.how === 'split'
          ? `${what} ${own.of} of layer ${layer} split in two, ${own.share} and ${1 - own.share}, the second before ${own.at}`
          : `a ${what} that ${own.how} added to layer ${layer} before ${own.at}`,
      )
      .join('; '),
};

export const addHeads: SymmetryKind<AddHeads> = {
  ...grow,
  kind: 'add heads',
  offers: () => true,
  draw: (model, dice) => ({ kind: 'add heads', layers: drawGrowth(model, dice, model.config.n_key_value_heads) }),
  misfit: (step, model) => grow.misfit(step, model, model.config.n_key_value_heads),
  description: (step) => grow.description(step, 'head'),
  apply(draft, { layers }) {
    const { config } = draft;
    const groups = config.n_key_value_heads;
    const each = config.n_heads / groups;
    layers.forEach((own, layer) => {
      const keyed = [...projected(draft, layer, 'K'), ...projected(draft, layer, 'V')];
      const out = output(layer);
      const queried = [...projected(draft, layer, 'Q'), out];
      const silent = own.how === 'reads nothing' ? projected(draft, layer, 'V') : [out];
      const fresh = (name: string, copies: readonly number[]): readonly Slice[] => {
        if (own.how === 'split') return copies;
        const value = silent.includes(name) ? zeros : alike(draft, name, own.seed);
        return copies.map(() => value);
      };
      const of = own.how === 'split' ? own.of : 0;
      for (const name of keyed) assemble(draft, name, 'first', withNew(groups, own.at, fresh(name, [of])));
      for (const name of queried)
        assemble(draft, name, 'first', withNew(groups * each, own.at * each, fresh(name, heads(of, config))));
      if (own.how !== 'split') return;
      const moved = own.of >= own.at ? own.of + 1 : own.of;
      for (const [group, share] of [
        [moved, own.share],
        [own.at, 1 - own.share],
      ] as const)
        for (let i = 0; i < each; i++)
          apply(
            ofHead(draft, out, group * each + i, 'rows'),
            { scale: Array.from({ length: config.d_head }, (_, f) => f), by: share },
            false,
          );
    });
    draft.resize({ n_heads: config.n_heads + each, n_key_value_heads: groups + 1 });
  },
};

export const addNeurons: SymmetryKind<AddNeurons> = {
  ...grow,
  kind: 'add neurons',
  offers: ({ config }) => !config.attn_only,
  draw: (model, dice) => ({ kind: 'add neurons', layers: drawGrowth(model, dice, model.config.d_mlp) }),
  misfit: (step, model) =>
    model.config.attn_only ? 'there are no neurons' : grow.misfit(step, model, model.config.d_mlp),
  description: (step) => grow.description(step, 'neuron'),
  apply(draft, { layers }) {
    const { config } = draft;
    const count = config.d_mlp;
    layers.forEach((own, layer) => {
      const into = intoNeurons(draft, layer);
      const out = outOfNeurons(layer);
      // every activation function gives 0 for 0
      const silent = own.how === 'reads nothing' ? into : [out];
      const fresh = (name: string): Slice =>
        own.how === 'split' ? own.of : silent.includes(name) ? zeros : alike(draft, name, own.seed);
      for (const name of into) assemble(draft, name, 'last', withNew(count, own.at, [fresh(name)]));
      assemble(draft, out, 'first', withNew(count, own.at, [fresh(out)]));
      if (own.how !== 'split') return;
      const moved = own.of >= own.at ? own.of + 1 : own.of;
      for (const [neuron, share] of [
        [moved, own.share],
        [own.at, 1 - own.share],
      ] as const)
        apply(firstAxis(draft, out), { scale: [neuron], by: share }, false);
    });
    draft.resize({ d_mlp: count + 1 });
  },
};
