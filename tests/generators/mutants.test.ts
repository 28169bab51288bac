import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { architecture } from '../../generators/architecture.js';
import { architectures } from '../../generators/architectures.js';
import { mutationNames, type Mutant, type Mutation, type MutationName } from '../../generators/_internals/mutant.js';
import { allMutants, mutantOf, mutants } from '../../generators/mutants.js';
import { task } from '../../generators/task.js';
import { OptionError } from '../../src/errors.js';
import type { Activation, Intervention, Model } from '../../src/model/model.js';
import type { Transformer } from '../../src/model/formats/transformer/run/transformer.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { backend } from '../../src/tensor/backend.js';
import { example } from '../helpers/example.js';
import { copyAndCompare } from '../helpers/known/index.js';
import { laws, shrinkFully } from './lawful.js';
import { errorOf } from '../helpers/error-of.js';

beforeAll(() => backend({ backend: 'wasm' }));

const n = 4;
const inputs = pairs(range(n), range(n)).flatMap((pair) => range(n).map((last) => [...pair, last]));
const on = task({
  name: 'triples',
  inputs,
  behaviour: accuracy(([a = 0, b = 0]: readonly number[]) => (a + b) % n),
  threshold: { atLeast: 0 },
});

const build = (config: Record<string, unknown>, seed = 5) =>
  architecture({
    config: {
      n_layers: 2,
      d_model: 10,
      n_ctx: 3,
      d_head: 3,
      n_heads: 4,
      n_key_value_heads: 4,
      d_mlp: 6,
      d_vocab: n,
      act_fn: 'gelu',
      normalization_type: 'LN',
      eps: 0.01,
      ...config,
    },
    seed,
    biases: 'all',
  }).build({ backend: 'wasm', name: 'random' });

const apart = (a: Activation, b: Activation): number => {
  expect(a.shape).toEqual(b.shape);
  return Math.max(...Array.from(a.data, (x, i) => Math.abs(x - b.data[i]!)));
};
const EXACT = 2e-5;

/** Mean and standard deviation over inputs and positions of every feature of a site, in another way than the mutants take them. */
async function moments(model: Model, site: string): Promise<{ mean: number[]; deviation: number[] }> {
  const { activations } = await model.run(inputs, { capture: [site] });
  const { shape, data } = activations.get(site)!;
  const width = shape.slice(2).reduce((a, b) => a * b, 1);
  const columns = range(width).map((f) => Array.from(data).filter((_, at) => at % width === f));
  const average = (list: number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const mean = columns.map(average);
  return { mean, deviation: columns.map((column, f) => Math.sqrt(average(column.map((x) => (x - mean[f]!) ** 2)))) };
}

/** The intervention on the original model that a mutation amounts to. */
async function asInterventions(model: Transformer, mutation: Mutation): Promise<Intervention[]> {
  const { d_head, d_model, attention_dir, n_heads } = model.config;
  const at = <T extends string>(site: string, axis: T, index: number) => ({ site, at: { [axis]: [index] } });
  const captured = async (site: string): Promise<Activation> =>
    (await model.run(inputs, { capture: [site] })).activations.get(site)!;
  const changed = async (site: string, change: (x: number, index: number) => number): Promise<Intervention> => {
    const { shape, data } = await captured(site);
    return { site, by: { kind: 'value', value: { shape, data: Array.from(data, change) } } };
  };
  if (
    mutation.kind === 'lookup table' ||
    mutation.kind === 'other model' ||
    mutation.kind === 'zero direction' ||
    mutation.kind === 'blind'
  )
    throw new Error('no intervention');
  const block = `blocks.${mutation.layer}`;
  const [z, post] = [`${block}.attn.hook_z`, `${block}.mlp.hook_post`];
  switch (mutation.kind) {
    case 'sever head':
      return [{ ...at(z, 'head', mutation.head), by: { kind: 'zero' } }];
    case 'scale head':
      return [await changed(z, (x, i) => (Math.floor(i / d_head) % n_heads === mutation.head ? mutation.by * x : x))];
    case 'shift head': {
      const { deviation } = await moments(model, z);
      return [
        await changed(z, (x, i) =>
          i % (d_head * n_heads) === mutation.head * d_head + mutation.feature
            ? x + mutation.by * deviation[mutation.head * d_head + mutation.feature]!
            : x,
        ),
      ];
    }
    case 'mean head':
      return [
        {
          ...at(z, 'head', mutation.head),
          by: { kind: 'value', value: { shape: [n_heads, d_head], data: (await moments(model, z)).mean } },
        },
      ];
    case 'uniform attention': {
      const visible = (query: number, key: number): boolean => attention_dir === 'bidirectional' || key <= query;
      const rows = range(3).flatMap((query) =>
        range(3).map((key) => (visible(query, key) ? 1 / range(3).filter((k) => visible(query, k)).length : 0)),
      );
      return [
        {
          ...at(`${block}.attn.hook_pattern`, 'head', mutation.head),
          by: { kind: 'value', value: { shape: [3, 3], data: rows } },
        },
      ];
    }
    case 'swap heads': {
      // each head's z through the other's W_O: the results of the two heads, computed here
      const { data } = await captured(z);
      const matrix = model.weights.get(`${block}.attn.W_O`)!.data;
      const [a, b] = mutation.heads;
      const other = (head: number): number => (head === a ? b : head === b ? a : head);
      const result = Array.from({ length: (data.length / d_head) * d_model }, (_, i) => {
        const [row, head, f] = [Math.floor(i / (d_model * n_heads)), Math.floor(i / d_model) % n_heads, i % d_model];
        return range(d_head).reduce(
          (sum, k) =>
            sum + data[(row * n_heads + head) * d_head + k]! * matrix[(other(head) * d_head + k) * d_model + f]!,
          0,
        );
      });
      return [
        {
          site: `${block}.attn.hook_result`,
          by: { kind: 'value', value: { shape: [inputs.length, 3, n_heads, d_model], data: result } },
        },
      ];
    }
    case 'negate neuron':
      return [await changed(post, (x, i) => (i % model.config.d_mlp === mutation.neuron ? -x : x))];
    case 'mean neuron':
      return [
        {
          ...at(post, 'feature', mutation.neuron),
          by: { kind: 'value', value: (await moments(model, post)).mean[mutation.neuron]! },
        },
      ];
    case 'sever layer':
      return [{ site: `${block}.${mutation.part === 'mlp' ? 'hook_mlp_out' : 'hook_attn_out'}`, by: { kind: 'zero' } }];
    case 'mean layer': {
      const site = `${block}.${mutation.part === 'mlp' ? 'hook_mlp_out' : 'hook_attn_out'}`;
      return [{ site, by: { kind: 'value', value: { shape: [d_model], data: (await moments(model, site)).mean } } }];
    }
  }
}

const asIntervened: MutationName[] = [
  'sever head',
  'scale head',
  'shift head',
  'mean head',
  'uniform attention',
  'swap heads',
  'negate neuron',
  'mean neuron',
  'sever layer',
  'mean layer',
];

describe('a mutant is what it says: the intervention on the original that it amounts to', () => {
  const architecturesOfAllSorts: [string, Record<string, unknown>][] = [
    ['LayerNorm', {}],
    ['causal, no normalisation', { normalization_type: null, attention_dir: 'causal', act_fn: 'relu' }],
    [
      'grouped queries, rotary, gated, RMSNorm',
      {
        n_key_value_heads: 2,
        positional_embedding_type: 'rotary',
        d_head: 4,
        gated_mlp: true,
        act_fn: 'silu',
        normalization_type: 'RMS',
        attention_dir: 'causal',
      },
    ],
    ['parallel attention and MLP', { parallel_attn_mlp: true, normalization_type: 'LNPre' }],
  ];
  test.each(architecturesOfAllSorts)('%s', async (_, config) => {
    const model = await build(config);
    for (const kind of asIntervened) {
      for (const mutant of fc.sample(mutants(model, { on, kinds: [kind] }), { numRuns: 4, seed: 1 })) {
        const changed = await mutant.apply();
        const expected = await model.run(inputs, { interventions: await asInterventions(model, mutant.mutation) });
        expect([mutant.description, apart((await changed.run(inputs)).logits, expected.logits) < EXACT]).toEqual([
          mutant.description,
          true,
        ]);
        changed.dispose();
      }
    }
    model.dispose();
  });

  test('without biases too: a mean that needs one gets one', async () => {
    const model = await architecture({
      config: {
        n_layers: 2,
        d_model: 8,
        n_ctx: 3,
        d_head: 2,
        n_heads: 2,
        d_mlp: 4,
        d_vocab: n,
        act_fn: 'relu',
        normalization_type: null,
      },
      seed: 1,
      biases: 'none',
    }).build({ backend: 'wasm' });
    for (const kind of ['mean head', 'mean layer', 'mean neuron'] as const) {
      const [mutant] = fc.sample(mutants(model, { on, kinds: [kind] }), { numRuns: 1, seed: 2 });
      const changed = await mutant!.apply();
      const expected = await model.run(inputs, { interventions: await asInterventions(model, mutant!.mutation) });
      expect(apart((await changed.run(inputs)).logits, expected.logits)).toBeLessThan(EXACT);
      changed.dispose();
    }
    model.dispose();
  });

  test('a zeroed direction is absent from the whole residual stream', async () => {
    const model = await build({ normalization_type: 'RMS', tie_word_embeddings: true });
    const changed = (await mutantOf(model, { kind: 'zero direction', along: { feature: 3 } }).apply()) as Transformer;
    const { activations } = await changed.run(inputs, { capture: model.representationSites });
    for (const { data } of activations.values())
      expect(data.every((x, i) => i % 10 !== 3 || Math.abs(x) < 1e-6)).toBe(true);
    changed.dispose();
    model.dispose();
  });

  test('a blind reader reads the same, up to the scale of the normalisation, whatever the source writes', async () => {
    await fc.assert(
      fc.asyncProperty(
        architectures({
          n_layers: 2,
          d_model: { min: 6, max: 9 },
          n_heads: { min: 2, max: 3 },
          d_head: 2,
          attn_only: true,
          biases: 'none',
          n_ctx: 3,
          d_vocab: 4,
        }),
        fc.nat(),
        async (one, seed) => {
          const model = await one.build({ backend: 'wasm' });
          const [mutant] = fc.sample(mutants(model, { kinds: ['blind'] }), { seed, numRuns: 1 });
          const { source, reader } = mutant!.mutation as Extract<Mutation, { kind: 'blind' }>;
          const changed = await mutant!.apply();
          try {
            if (reader.part === 'mlp') throw new Error('there is none');
            const site = `blocks.1.attn.hook_${reader.part[0]}`;
            const scale = model.config.normalization_type === null ? [] : ['blocks.1.ln1.hook_scale'];
            const head =
              reader.part === 'queries'
                ? reader.head
                : Math.floor(reader.head / (model.config.n_heads / model.config.n_key_value_heads));
            const read = async (from: Model, by: number): Promise<number[]> => {
              const interventions: Intervention[] = [
                {
                  site: `blocks.0.attn.hook_z`,
                  at: { head: [source.head] },
                  by: { kind: 'value', value: { shape: [2], data: [by, -2 * by] } },
                },
              ];
              const { activations } = await from.run(inputs, { capture: [site, ...scale], interventions });
              const { shape, data } = activations.get(site)!;
              const [heads, width] = [shape[2]!, shape[3]!];
              return Array.from(
                data,
                (x, i) =>
                  x * (scale.length > 0 ? activations.get(scale[0]!)!.data[Math.floor(i / (heads * width))]! : 1),
              ).filter((_, i) => Math.floor(i / width) % heads === head);
            };
            const difference = async (from: Model): Promise<number> => {
              const [a, b] = [await read(from, 0), await read(from, 3)];
              return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
            };
            expect(await difference(changed)).toBeLessThan(1e-4);
            expect(await difference(model)).toBeGreaterThan(1e-3);
          } finally {
            changed.dispose();
            model.dispose();
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a lookup table gives the same logits on every input of the task, to the bit', async () => {
    for (const attention_dir of ['causal', 'bidirectional']) {
      const model = await build({ attention_dir });
      const [mutant] = allMutants(model, { on, kinds: ['lookup table'] });
      const changed = (await mutant!.apply()) as Transformer;
      expect(changed.config.d_mlp).toBe(inputs.length);
      expect((await changed.run(inputs, { logits: -1 })).logits).toEqual(
        (await model.run(inputs, { logits: -1 })).logits,
      );
      changed.dispose();
      model.dispose();
    }
  });

  test('another model is that model, and stays alive', async () => {
    const [model, other] = [await build({}), await build({ n_layers: 1 }, 6)];
    const [mutant] = allMutants(model, { others: [other], kinds: ['other model'] });
    const changed = await mutant!.apply();
    expect(changed.fingerprint).toBe(other.fingerprint);
    expect((await changed.run(inputs)).logits).toEqual((await other.run(inputs)).logits);
    changed.dispose();
    await other.run(inputs);
    other.dispose();
    model.dispose();
  });
});

describe('equivalent mutants', () => {
  test('every mutant of a model without idle parts changes its logits', async () => {
    const model = await build({});
    const clean = (await model.run(inputs)).logits;
    const all = allMutants(model, { on });
    expect(all.length).toBeGreaterThan(100);
    for (const mutant of all) {
      const changed = await mutant.apply();
      // a table answers at the last position only
      const moved = mutant.mutation.kind === 'lookup table' ? 1 : apart((await changed.run(inputs)).logits, clean);
      expect([mutant.description, moved > 1e-4]).toEqual([mutant.description, true]);
      changed.dispose();
    }
    model.dispose();
  });

  test('on a model with idle parts those that change nothing are left out, and only those', async () => {
    const model = await copyAndCompare.model('wasm');
    const all = copyAndCompare.task.examples(100, 0).inputs;
    const clean = (await model.run(all)).logits;
    const kinds = ['sever head', 'negate neuron', 'swap heads', 'uniform attention', 'scale head'] as const;
    const kept = new Set(allMutants(model, { kinds }).map(({ mutation }) => JSON.stringify(mutation)));
    const layer = 0;
    const everything: Mutation[] = [
      ...range(4).flatMap((head): Mutation[] => [
        { kind: 'sever head', layer, head },
        { kind: 'uniform attention', layer, head },
        { kind: 'scale head', layer, head, by: 0.9 },
      ]),
      ...range(6).map((neuron): Mutation => ({ kind: 'negate neuron', layer, neuron })),
      ...range(4).flatMap((a) =>
        range(4)
          .filter((b) => a < b)
          .map((b): Mutation => ({ kind: 'swap heads', layer, heads: [a, b] })),
      ),
    ];
    for (const mutation of everything) {
      const changed = await mutantOf(model, mutation).apply();
      const moves = apart((await changed.run(all)).logits, clean) > 0;
      // two take more than a look at the weights: neuron 4 reads the tokens, and only its bias keeps it shut; and heads 0 and 1 may change places, because equality is symmetric
      const unproven =
        (mutation.kind === 'negate neuron' && mutation.neuron === 4) ||
        (mutation.kind === 'swap heads' && String(mutation.heads) === '0,1');
      if (unproven) expect(moves).toBe(false);
      expect([mutation, kept.has(JSON.stringify(mutation))]).toEqual([mutation, moves || unproven]);
      changed.dispose();
    }
    model.dispose();
  });
});

describe('as an arbitrary', () => {
  let model: Transformer;
  beforeAll(async () => {
    model = await build({});
  });
  afterAll(() => model.dispose());

  laws<Mutant>({
    make: () => mutants(model, { on }),
    isValid: ({ mutation }) => void mutantOf(model, mutation, { on }),
    // the place among those of its kind, and how strongly
    size: ({ mutation }) => {
      const list = allMutants(model, { on, kinds: [mutation.kind] });
      const key = ({ by: _by, feature: _feature, ...rest }: Record<string, unknown>): string => JSON.stringify(rest);
      const forms: readonly (number | undefined)[] =
        mutation.kind === 'shift head' ? [1, -1, 3, -3] : [0.9, 1.1, 0.5, 2, -1];
      return [
        list.findIndex((one) => key({ ...one.mutation }) === key({ ...mutation })),
        'by' in mutation ? forms.indexOf(mutation.by) : 0,
      ];
    },
    parse: (text) => mutantOf(model, text.split('\n')[1]!, { on }),
  });

  test('draws every kind', () => {
    const seen = new Set(
      fc
        .sample(mutants(model, { on, others: [model] }), { numRuns: 400, seed: 3 })
        .map(({ mutation }) => mutation.kind),
    );
    expect(seen).toEqual(new Set(mutationNames));
  });

  test('shrinks to the first place and the mildest form', () => {
    expect(shrinkFully(mutants(model, { on }), ({ mutation }) => mutation.kind === 'scale head').mutation).toEqual({
      kind: 'scale head',
      layer: 0,
      head: 0,
      by: 0.9,
    });
    expect(
      shrinkFully(mutants(model, { on }), ({ mutation }) => mutation.kind === 'sever head' && mutation.layer === 1)
        .mutation,
    ).toEqual({ kind: 'sever head', layer: 1, head: 0 });
    const { description: words } = shrinkFully(mutants(model, { on }), ({ mutation }) => mutation.kind === 'mean head');
    expect(words).toBe(
      'the output of head 0 of layer 0 replaced by its mean over 64 inputs of "triples" and their positions',
    );
  });

  test('what is not possible is an error', () => {
    expect(() => mutants(model, { kind: [] } as never)).toThrow(errorOf(OptionError, /unknown option "kind"/));
    expect(() => mutants(model, { kinds: ['swap head' as never] })).toThrow(
      errorOf(OptionError, /did you mean "swap heads"/),
    );
    expect(() => mutants(model, { kinds: ['mean head'] })).toThrow(
      errorOf(OptionError, /give more kinds, or the task/),
    );
    expect(() => mutantOf(model, { kind: 'mean head', layer: 0, head: 0 })).toThrow(
      errorOf(OptionError, /it needs inputs/),
    );
    expect(() => mutantOf(model, { kind: 'sever head', layer: 0, head: 4 })).toThrow(OptionError);
    expect(() =>
      mutantOf(model, { kind: 'blind', source: { layer: 1, head: 0 }, reader: { layer: 0, part: 'mlp' } }),
    ).toThrow(errorOf(OptionError, /does not come after/));
    expect(() => mutantOf(model, 'nonsense')).toThrow(errorOf(OptionError, /this is no JSON/));
    expect(() => mutantOf(model, '{"kind":"swap heads","layer":0}')).toThrow(errorOf(OptionError, /malformed/));
    expect(() => mutantOf(model, '{"kind":"nothing"}')).toThrow(errorOf(OptionError, /there is no mutation "nothing"/));
  });

  test('of the committed example too', async () => {
    const released = await example('released');
    const all = allMutants(released as Transformer);
    expect(new Set(all.map(({ mutation }) => mutation.kind)).size).toBeGreaterThan(6);
    released.dispose();
  });
});
