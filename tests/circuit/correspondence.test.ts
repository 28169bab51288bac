import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { carryComponents, correspondence, type ComponentMap } from '../../src/circuit/correspondence.js';
import { OptionError } from '../../src/errors.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { symmetryOf } from '../../generators/symmetry-of.js';
import type { SymmetryStep } from '../../generators/symmetries.js';
import { errorOf } from '../helpers/error-of.js';
import { randomTransformer } from '../helpers/random-transformer.js';

let a: Transformer;
let b: Transformer;
const made: Transformer[] = [];
const keep = <T extends Transformer>(model: T): T => {
  made.push(model);
  return model;
};
beforeAll(async () => {
  a = keep(await randomTransformer('a'));
  b = keep(await randomTransformer('b', 0.1));
});
afterAll(() => made.forEach((model) => model.dispose()));

const change = async (model: Transformer, steps: readonly SymmetryStep[]): Promise<Transformer> =>
  keep(await symmetryOf(model, steps).apply());
const names = (from: Transformer, to: Transformer, options?: Parameters<typeof correspondence>[2]) => {
  const found = correspondence(from, to, options);
  return {
    how: found.pairs && found.how,
    pairs: found.pairs?.map(([one, other]) => [one.name, other.name]),
  };
};

describe('components correspond', () => {
  test('by names and shapes: each is its namesake, those of the kinds that are searched', () => {
    const { pairs, how } = names(a, b);
    expect(how).toBe('names and shapes');
    expect(pairs).toHaveLength(2 * (3 + 12));
    expect(pairs!.every(([one, other]) => one === other)).toBe(true);
    expect(names(a, b, { over: 'heads' }).pairs).toHaveLength(6);
    expect(names(a, b, { over: 'layers' }).pairs).toHaveLength(4);
  });

  test('not where models differ in layers, sizes or shapes: the reason names the first difference', async () => {
    const cases: [Parameters<typeof randomTransformer>[2], RegExp][] = [
      [{ n_layers: 1 }, /^other has no blocks\.1\.attn\.head$/],
      [{ n_layers: 3 }, /^a has no blocks\.2\.attn\.head$/],
      [{ n_heads: 2 }, /^a has 3 heads in blocks\.0\.attn\.head, other 2$/],
      [{ d_mlp: 13 }, /^a has 12 neurons in blocks\.0\.mlp\.neuron, other 13$/],
      [{ d_head: 2 }, /^blocks\.0\.attn\.head has another shape in other than in a$/],
    ];
    for (const [changes, why] of cases) {
      const other = keep(await randomTransformer('other', 0, changes));
      const found = correspondence(a, other);
      expect(found.pairs).toBeUndefined();
      expect(found.why).toMatch(why);
    }
    // sizes of what is not searched do not matter
    const wider = keep(await randomTransformer('wider', 0, { d_mlp: 13 }));
    expect(names(a, wider, { over: 'heads' }).pairs).toHaveLength(6);
  });

  test('as symmetries carry them along, from either side, one after the other, and between two copies of one model', async () => {
    const swapped = await change(a, [
      {
        kind: 'permute heads',
        layer: 1,
        swaps: [
          [0, 1],
          [1, 2],
        ],
      },
      { kind: 'permute neurons', layer: 0, swaps: [[0, 5]] },
      { kind: 'rescale neurons', layer: 0, factors: [[0, 2]] },
    ]);
    const { pairs, how } = names(a, swapped);
    expect(how).toBe('symmetry');
    const twin = new Map(pairs as [string, string][]);
    // 0 and 1 exchanged, then 1 and 2: places 0, 1, 2 hold 1, 2, 0
    expect([0, 1, 2].map((i) => twin.get(`blocks.1.attn.head.${i}`))).toEqual(
      [2, 0, 1].map((i) => `blocks.1.attn.head.${i}`),
    );
    expect(twin.get('blocks.0.mlp.neuron.0')).toBe('blocks.0.mlp.neuron.5');
    expect(twin.get('blocks.0.mlp.neuron.3')).toBe('blocks.0.mlp.neuron.3');
    expect(names(swapped, a).pairs).toEqual(pairs!.map(([one, other]) => [other, one]));

    const again = await change(swapped, [
      {
        kind: 'permute heads',
        layer: 1,
        swaps: [
          [1, 2],
          [0, 1],
        ],
      },
    ]);
    // the exchanges undone, the neurons still exchanged
    const back = new Map(names(a, again).pairs as [string, string][]);
    expect([0, 1, 2].every((i) => back.get(`blocks.1.attn.head.${i}`) === `blocks.1.attn.head.${i}`)).toBe(true);
    expect(back.get('blocks.0.mlp.neuron.5')).toBe('blocks.0.mlp.neuron.0');
    // a model that corresponds to the origin by name corresponds to what was made of it
    expect(names(b, swapped)).toEqual(names(a, swapped));
    expect(new Map(names(swapped, again).pairs as [string, string][]).get('blocks.0.mlp.neuron.5')).toBe(
      'blocks.0.mlp.neuron.5',
    );
  });

  test('not where a symmetry added, split or removed some', async () => {
    const split = { how: 'split', at: 0, of: 1, share: 0.5 } as const;
    const grown = await change(a, [{ kind: 'add neurons', layers: [split, split] }]);
    expect(correspondence(a, grown).why).toMatch(/^a has 12 neurons in blocks\.0\.mlp\.neuron, .* 13$/);
    // its heads are the same ones
    expect(names(a, grown, { over: 'heads' }).pairs).toHaveLength(6);
    // as many again, but not the same ones
    const replaced = keep(await randomTransformer('replaced'));
    carryComponents(replaced, a, (name) => (name === 'blocks.0.mlp.neuron.3' ? undefined : name));
    expect(correspondence(a, replaced).why).toMatch(
      /blocks\.0\.mlp\.neuron\.3 of a is none of the components of replaced/,
    );
    expect(correspondence(replaced, a).why).toMatch(/blocks\.0\.mlp\.neuron\.3 of replaced/);
  });

  test('by a map of the user: components, families, wildcards; what it leaves out is not patched', async () => {
    const shallow = keep(await randomTransformer('shallow', 0, { n_layers: 1 }));
    expect(names(a, shallow, { map: { 'blocks.1.attn.head': 'blocks.0.attn.head' } })).toMatchObject({
      how: 'map',
      pairs: [0, 1, 2].map((i) => [`blocks.1.attn.head.${i}`, `blocks.0.attn.head.${i}`]),
    });
    expect(
      names(a, b, {
        map: { 'blocks.*.attn.head.0': 'blocks.*.attn.head.2', 'blocks.0.mlp.neuron.1*': 'blocks.0.mlp.neuron.1*' },
      }).pairs,
    ).toEqual([
      ['blocks.0.attn.head.0', 'blocks.0.attn.head.2'],
      ['blocks.1.attn.head.0', 'blocks.1.attn.head.2'],
      ...[1, 10, 11].map((i) => [`blocks.0.mlp.neuron.${i}`, `blocks.0.mlp.neuron.${i}`]),
    ]);
  });

  const wrong: [string, ComponentMap, RegExp][] = [
    ['nothing at all', {}, /names nothing/],
    ['a component that is none', { 'blocks.0.attn.haed.0': 'blocks.0.attn.head.0' }, /names no component of a/],
    [
      'one of the candidate that is none',
      { 'blocks.0.attn.head.0': 'blocks.7.attn.head.0' },
      /names no component of b/,
    ],
    [
      'one twice',
      { 'blocks.0.attn.head': 'blocks.0.attn.head', 'blocks.0.attn.head.1': 'blocks.1.attn.head.1' },
      /head\.1 of a twice/,
    ],
    [
      'one of the candidate twice',
      { 'blocks.0.attn.head.0': 'blocks.0.attn.head.1', 'blocks.0.attn.head.1': 'blocks.0.attn.head.1' },
      /head\.1 of b twice/,
    ],
    [
      'more than it pairs with',
      { 'blocks.*.attn.head': 'blocks.0.attn.head', 'blocks.0.attn.head.*': 'blocks.0.attn.head.0' },
      /names/,
    ],
    ['what is not searched', { 'blocks.0.attn': 'blocks.0.attn' }, /no component that is searched over/],
  ];
  test.each(wrong)('a map that names %s is an error of its own', (_, map, message) => {
    expect(() => correspondence(a, b, { map })).toThrow(errorOf(OptionError, message) as Error);
  });
});
