/** What interventions on roles do to two models, against what the models say when they are asked one input at a time; and what follows from it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { OptionError, InterventionError, TaskError } from '../../src/errors.js';
import { model as functionModel } from '../../src/model/function.js';
import type { Model, Replacement } from '../../src/model/model.js';
import { transformer } from '../../src/model/formats/transformer/run/model.js';
import { applyPatch } from '../../src/model/replacement.js';
import { random } from '../../src/random.js';
import { Answers, likeliest, totalVariation } from '../../src/response/answers.js';
import { InputPairs } from '../../src/response/pairs.js';
import { respondAlike } from '../../src/response/respond-alike.js';
import { rolesOf, type Role } from '../../src/response/roles.js';
import { ResponseRunner } from '../../src/response/runner.js';
import { accuracy, logitDifference, pairs, range, type Task } from '../../src/task/index.js';
import type { Tokenizer } from '../../src/tokenizers/tokenizer.js';
import { roleInterventions, symmetries, task, type RoleInterventions, type RoleTrial } from '../../generators/index.js';
import { laws } from '../generators/lawful.js';
import { copyAndCompare } from '../helpers/known/index.js';

type Input = readonly number[];

const config = (layers: number, vocabulary = 3) => ({
  n_layers: layers,
  d_model: 6,
  n_ctx: 3,
  d_head: 3,
  n_heads: 2,
  d_mlp: 5,
  d_vocab: 3,
  d_vocab_out: vocabulary,
  act_fn: 'relu' as const,
  normalization_type: null,
  attention_dir: 'causal' as const,
  positional_embedding_type: 'standard' as const,
});

/** Random weights, large enough that attention attends and answers are sure of themselves. */
function weights(layers: number, seed: number, vocabulary = 3) {
  const stream = random(seed, 'weights');
  const tensor = (shape: number[], scale: number) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * stream.normal()),
  });
  const all = new Map([
    ['embed.W_E', tensor([3, 6], 1)],
    ['pos_embed.W_pos', tensor([3, 6], 0.5)],
    ['unembed.W_U', tensor([6, vocabulary], 1)],
    ['unembed.b_U', tensor([vocabulary], 0.1)],
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `blocks.${layer}`;
    for (const name of ['Q', 'K', 'V']) {
      all.set(`${at}.attn.W_${name}`, tensor([2, 6, 3], 1));
      all.set(`${at}.attn.b_${name}`, tensor([2, 3], 0.1));
    }
    all.set(`${at}.attn.W_O`, tensor([2, 3, 6], 0.7));
    all.set(`${at}.attn.b_O`, tensor([6], 0.1));
    all.set(`${at}.mlp.W_in`, tensor([6, 5], 1));
    all.set(`${at}.mlp.b_in`, tensor([5], 0.1));
    all.set(`${at}.mlp.W_out`, tensor([5, 6], 0.7));
    all.set(`${at}.mlp.b_out`, tensor([6], 0.1));
  }
  return all;
}

const made: Model[] = [];
const make = async (layers: number, seed: number, vocabulary = 3): Promise<Model> => {
  const name = `${layers} layers, seed ${seed}`;
  const model = await transformer(config(layers, vocabulary), weights(layers, seed, vocabulary), {
    name,
    backend: 'wasm',
  });
  made.push(model);
  return model;
};

const words = pairs(range(3), range(3)).flatMap(([a, b]) => range(3).map((c): Input => [a, b, c]));
const anything = (changes: Partial<Parameters<typeof task<Input>>[0]> = {}): Task<Input> =>
  task<Input>({
    name: 'three tokens',
    inputs: [...words, [0, 1], [1, 0], [2, 2]],
    behaviour: accuracy((input: Input) => input[0]!),
    threshold: { atLeast: 0 },
    ...changes,
  });
const on = anything();
const all = on.examples(100, 0);

let models: [Model, Model];
beforeAll(async () => {
  models = [await make(2, 1), await make(2, 2)];
});
afterAll(() => {
  for (const model of made) model.dispose();
});

/** The definition, one input at a time, by the models' own interventions. */
async function answersOf(model: Model, input: Input, intervention?: { site: string; at?: object; by: Replacement }) {
  const { logits } = await model.run([input], {
    logits: -1,
    interventions: intervention ? [intervention as never] : [],
  });
  const top = Math.max(...logits.data);
  const exp = Array.from(logits.data, (x) => Math.exp(x - top));
  const sum = exp.reduce((a, b) => a + b);
  return exp.map((x) => x / sum);
}
const apart = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, p, i) => sum + Math.abs(p - b[i]!), 0) / 2;

const runnerOf = (two: readonly [Model, Model], of: Task<Input> = on) =>
  new ResponseRunner<Input>(two, of, new Answers(two, of, undefined), of.examples(100, 0));

describe('responses', () => {
  test('are what each model says of each pair of inputs by itself, whatever the batch', async () => {
    const space = new InputPairs<Input>(on, models, all);
    expect(space.pool).toHaveLength(30);
    const roles = rolesOf(models);
    expect(roles.map(({ name }) => name)).toEqual([
      'attention pattern, layer 0',
      'attention pattern, layer 1',
      'attention output, layer 0',
      'attention output, layer 1',
      'MLP output, layer 0',
      'MLP output, layer 1',
      'residual, layer 0',
    ]);
    const everything = space.pool.flatMap((base, at) =>
      Array.from({ length: space.count(base) }, (_, source) => space.at([at, source])),
    );
    expect(everything).toHaveLength(27 * 26 + 3 * 2);
    const some = everything.filter((_, i) => i % 149 === 0);
    const list = roles.flatMap((role) =>
      (['resample', 'mean'] as const).flatMap((by) => some.map((pair) => ({ role, by, ...pair }))),
    );
    const found = await runnerOf(models).responses(list);
    for (const [i, { role, by, base, source }] of list.entries()) {
      const replaced: number[][] = [];
      for (const [side, model] of models.entries()) {
        const replacement: Replacement =
          by === 'mean' ? { kind: 'mean', over: all.inputs } : { kind: 'resample', inputs: [source.input] };
        replaced.push(await answersOf(model, base.input, { ...role.places[side]!, by: replacement }));
        expect(found[i]!.effects[side]).toBeCloseTo(apart(replaced[side]!, await answersOf(model, base.input)), 5);
        if (by === 'resample')
          expect(found[i]!.kept![side]).toBeCloseTo(apart(replaced[side]!, await answersOf(model, source.input)), 5);
      }
      expect(found[i]!.discrepancy).toBeCloseTo(apart(replaced[0]!, replaced[1]!), 5);
    }
    // something happens
    expect(Math.max(...found.map(({ discrepancy }) => discrepancy))).toBeGreaterThan(0.5);
  });

  test('the limits contain the mean over all pairs', async () => {
    const space = new InputPairs<Input>(on, models, all);
    const roles = rolesOf(models, ['attention output', 'residual']);
    const list = roles.flatMap((role) =>
      space.pool.flatMap((base, at) =>
        Array.from({ length: space.count(base) }, (_, source) => ({
          role,
          by: 'resample' as const,
          ...space.at([at, source]),
          // a base is drawn first, then one of its sources
          share: 1 / 30 / space.count(base),
        })),
      ),
    );
    const responses = await runnerOf(models).responses(list);
    const found = await respondAlike(...models, {
      on,
      roles: ['attention output', 'residual'],
      margin: 0.5,
      alpha: 1e-7,
      beta: 1e-7,
    });
    for (const { role, discrepancy, effect, kept } of found.roles) {
      const means = list.reduce(
        ([d, e, k], one, i) => {
          if (one.role.name !== role) return [d, e, k] as const;
          const { discrepancy: own, effects, kept: rest } = responses[i]!;
          return [
            d + one.share * own,
            e + (one.share * (effects[0] + effects[1])) / 2,
            k + (one.share * (rest![0] + rest![1])) / 2,
          ] as const;
        },
        [0, 0, 0] as readonly [number, number, number],
      );
      [discrepancy, effect, kept!].forEach((interval, i) => {
        expect(interval.low).toBeLessThanOrEqual(means[i]!);
        expect(interval.high).toBeGreaterThanOrEqual(means[i]!);
      });
    }
  });

  test('a model against itself, and against itself changed by a symmetry, do not part; two models the other way round part as much', async () => {
    const [model] = models;
    const [changed] = await Promise.all(
      fc.sample(symmetries(model as never), { numRuns: 1, seed: 5 }).map((symmetry) => symmetry.apply()),
    );
    made.push(changed!);
    const space = new InputPairs<Input>(on, models, all);
    const stream = random(1, 'some');
    const drawn = range(40).map(() => space.at(space.draw(stream)));
    const list = (two: readonly [Model, Model]) =>
      rolesOf(two).flatMap((role) => drawn.map((pair) => ({ role, by: 'resample' as const, ...pair })));
    for (const { discrepancy } of await runnerOf([model, model]).responses(list([model, model])))
      expect(discrepancy).toBe(0);
    for (const { discrepancy } of await runnerOf([model, changed!]).responses(list([model, changed!])))
      expect(discrepancy).toBeLessThan(1e-4);
    const [there, back] = await Promise.all([
      runnerOf(models).responses(list(models)),
      runnerOf([models[1], model]).responses(list([models[1], model])),
    ]);
    there.forEach(({ discrepancy, effects }, i) => {
      expect(back[i]!.discrepancy).toBeCloseTo(discrepancy, 6);
      expect(back[i]!.effects).toEqual([effects[1], effects[0]]);
    });
  });

  test('own counterfactuals of a task are its sources, and inputs without any are left out', async () => {
    const next = anything({ counterfactual: ([a, ...rest]) => [(a! + 1) % 3, ...rest] });
    const space = new InputPairs<Input>(next, models, next.examples(100, 0));
    for (const [at, base] of space.pool.entries()) {
      expect(space.count(base)).toBe(1);
      expect(space.at([at, 0]).source.input).toEqual([(base.input[0]! + 1) % 3, ...base.input.slice(1)]);
    }
    const same = anything({ counterfactual: (input) => [Math.min(1, input[0]!), ...input.slice(1)] });
    const some = new InputPairs<Input>(same, models, same.examples(100, 0));
    expect(some.pool.every(({ input }) => input[0] === 2)).toBe(true);
    expect(some.notes[0]).toContain('no counterfactual');
    const none = anything({ counterfactual: (input) => input });
    expect(() => new InputPairs<Input>(none, models, none.examples(100, 0))).toThrow(TaskError);
  });
});

describe('the verdict', () => {
  const options = { on, margin: 0.25 };

  test('a model responds like itself; other weights do not', async () => {
    const [one, other] = models;
    const same = await respondAlike(one, one, options);
    expect(same).toMatchObject({ outcome: 'alike', stopped: 'certain', untouched: { is: 'alike' } });
    for (const { is, discrepancy } of same.roles) {
      expect(is).toBe('alike');
      expect(discrepancy.estimate).toBe(0);
      expect(discrepancy.high).toBeLessThan(0.25);
    }
    expect(same.roles.some(({ tested }) => tested === 'yes')).toBe(true);
    expect(await respondAlike(one, other, options)).toMatchObject({ outcome: 'unlike' });
    // everything follows from the seed
    expect(await respondAlike(one, one, options)).toEqual(same);
  });

  test('where nothing has an effect of its own nothing was tested', async () => {
    // one layer: its attention carries everything and its pattern never changes
    const [one, other] = [await copyAndCompare.model('wasm'), await copyAndCompare.model('wasm')];
    made.push(one, other);
    const found = await respondAlike(one, other, { on: copyAndCompare.task });
    expect(found).toMatchObject({ outcome: 'undecided', stopped: 'certain' });
    expect(found.roles.every(({ tested, is }) => tested === 'no' && is === 'alike')).toBe(true);
    expect(found.roles.find(({ role }) => role === 'attention pattern, layer 0')!.effect.estimate).toBe(0);
    expect(found.roles.find(({ role }) => role === 'MLP output, layer 0')!.kept!.estimate).toBeLessThan(1e-6);
  });

  test('roles held at their mean have no source, and inputs that are their own mean are left out', async () => {
    const lengths = anything({
      inputs: [...pairs(range(3), range(3)), [0, 0, 0]],
      counterfactual: ([a, ...rest]) => [(a! + 1) % 3, ...rest],
    });
    const found = await respondAlike(models[0], models[0], { on: lengths, by: 'mean', margin: 0.25 });
    expect(found.outcome).toBe('alike');
    for (const { by, kept, discrepancy } of found.roles) {
      expect([by, kept]).toEqual(['mean', undefined]);
      expect(discrepancy.estimate).toBe(0);
    }
    const both = roleInterventions(models, { on: lengths });
    const means = roleInterventions(models, { on: lengths, by: 'mean' });
    const [role] = both.roles;
    const parts = { role: role!.name, input: '[0, 0, 0]' };
    expect(both.parse({ ...parts, by: 'resample', source: '[1, 0, 0]' }).description).toContain('[0, 0, 0]');
    expect(() => means.parse({ ...parts, by: 'mean' })).toThrow(OptionError);
    expect(means.parse({ ...parts, by: 'mean', input: '[0, 0]' }).description).toBe(
      'attention pattern, layer 0 held at its mean, on [0, 0]',
    );
  });

  test('a budget that ends first leaves it undecided', async () => {
    expect(await respondAlike(...models, { ...options, margin: 0.4, budget: { draws: 3 } })).toMatchObject({
      outcome: 'undecided',
      stopped: 'draws',
      draws: 3,
    });
    const late = await respondAlike(...models, { ...options, budget: { draws: 500, seconds: 1e-9 } });
    expect(late).toMatchObject({ outcome: 'undecided', stopped: 'seconds', draws: 0 });
  });
});

describe('roles', () => {
  const named = (roles: readonly Role[]) => roles.map(({ places }) => places.map(({ site }) => site).join(' = '));

  test('of different depth are paired by relative depth, or by the user', async () => {
    const deep = await make(5, 3);
    expect(named(rolesOf([models[0], deep], ['MLP output']))).toEqual([
      'blocks.0.hook_mlp_out = blocks.2.hook_mlp_out',
      'blocks.1.hook_mlp_out = blocks.4.hook_mlp_out',
    ]);
    expect(named(rolesOf([deep, models[0]], ['residual']))).toEqual([
      'blocks.2.hook_resid_post = blocks.0.hook_resid_post',
    ]);
    expect(rolesOf([deep, models[0]], ['residual'])[0]).toMatchObject({
      name: 'residual, layers 2 and 0',
      places: [{ at: { position: [-1] } }, { at: { position: [-1] } }],
    });
    const own = rolesOf(
      [models[0], deep],
      [{ baseline: 'blocks.0.attn.hook_z', candidate: 'blocks.3.attn.hook_z', at: { head: [1] } }, 'hook_embed'],
    );
    expect(own.map(({ name }) => name)).toEqual([
      'blocks.0.attn.hook_z and blocks.3.attn.hook_z, head 1',
      'hook_embed',
    ]);
  });

  test('of deep models six layers have some, the last among them', async () => {
    const deep = { ...models[0], sites: range(12).flatMap(layersOf), parts: [], representationSites: [] } as Model;
    const layers = rolesOf([deep, deep]).filter(({ name }) => name.startsWith('MLP output'));
    expect(named(layers)).toEqual(
      [1, 3, 5, 7, 9, 11].map((l) => Array(2).fill(`blocks.${l}.hook_mlp_out`).join(' = ')),
    );
    expect(rolesOf([deep, deep], ['MLP output'])).toHaveLength(12);
  });
  const layersOf = (layer: number) =>
    ['attn.hook_pattern', 'hook_attn_out', 'hook_mlp_out', 'hook_resid_post'].map((name) => ({
      name: `blocks.${layer}.${name}`,
      axes: ['position', 'feature'],
      shape: [-1, 6],
      layer,
    }));

  test('that one model lacks, sites that are not there, and roles named twice are errors', async () => {
    const attentionOnly = {
      ...models[1],
      name: 'attention only',
      sites: models[1].sites.filter(({ name }) => !/mlp/.test(name)),
    } as Model;
    expect(() => rolesOf([models[0], attentionOnly])).toThrow(/attention only has no MLP output/);
    expect(() => rolesOf(models, ['blocks.7.hook_mlp_out'])).toThrow(InterventionError);
    expect(() => rolesOf(models, [{ baseline: 'hook_embed', at: { head: [0] } }])).toThrow(OptionError);
    expect(() => rolesOf(models, ['hook_embed', 'hook_embed'])).toThrow(/twice/);
    await expect(respondAlike(models[0], {} as Model, { on })).rejects.toThrow(OptionError);
  });

  /** Two numbers, two hidden units, two classes. */
  const graph = (name: string, sites: readonly string[], scale: number, classes = 2): Model => {
    const model = functionModel({
      name,
      fingerprint: `${name} ${scale}`,
      sites: sites.map((site) => ({ name: site, axes: ['feature'], shape: [2] })),
      run({ inputs, capture, patches }) {
        const rows = inputs as readonly Input[];
        const own = sites.map((site, i) => {
          const data = Float32Array.from(rows.flatMap(([a, b]) => [a! - i, scale * b! + i]));
          const patch = patches.find((one) => one.site === site);
          if (patch) applyPatch(patch, data);
          return data;
        });
        return {
          logits: {
            shape: [rows.length, classes],
            data: rows.flatMap((_, row) =>
              [
                own.reduce((sum, data) => sum + data[2 * row]!, 0),
                own.reduce((sum, data) => sum + data[2 * row + 1]!, 0),
              ].slice(0, classes),
            ),
          },
          activations: Object.fromEntries(
            sites.flatMap((site, i) =>
              capture.includes(site) ? [[site, { shape: [rows.length, 2], data: own[i]! }]] : [],
            ),
          ),
        };
      },
    });
    made.push(model);
    return model;
  };
  const numbers = task<Input>({
    name: 'numbers',
    inputs: pairs(range(6), range(6)),
    behaviour: accuracy((input: Input) => Number(input[1]! > input[0]!)),
    threshold: { atLeast: 0 },
  });

  test('of other models are the parts that both have by name, or pairs', async () => {
    const [one, other] = [graph('one', ['left', 'right'], 2), graph('other', ['left', 'right', 'more'], 2)];
    expect(named(rolesOf([one, other]))).toEqual(['left = left', 'right = right']);
    expect(await respondAlike(one, graph('again', ['left', 'right'], 2), { on: numbers })).toMatchObject({
      outcome: 'alike',
    });
    const apartFrom = graph('apart', ['a', 'b'], -3);
    expect(() => rolesOf([one, apartFrom])).toThrow(/no part in common/);
    const paired = { on: numbers, roles: [{ baseline: 'left', candidate: 'a' }] };
    expect(await respondAlike(one, apartFrom, paired)).toMatchObject({ outcome: 'unlike' });
    // all there is: what comes of it says no more than the other input's own answers
    const [whole, again] = [graph('whole', ['all'], 2), graph('whole again', ['all'], 2)];
    expect(await respondAlike(whole, again, { on: numbers })).toMatchObject({
      outcome: 'undecided',
      roles: [{ tested: 'no' }],
    });
    expect(
      await respondAlike(whole, again, { on: numbers, roles: [{ baseline: 'all', at: { feature: [0] } }] }),
    ).toMatchObject({ outcome: 'alike', roles: [{ tested: 'yes' }] });
  });

  test('a single number is no answer', async () => {
    const scalar = graph('scalar', ['left', 'right'], 2, 1);
    const free = { ...numbers, behaviour: { ...numbers.behaviour, score: () => 1 } } as Task<Input>;
    await expect(respondAlike(scalar, scalar, { on: free })).rejects.toThrow(/a single number/);
  });
});

describe('answers', () => {
  const tokenizer = (texts: readonly string[]): Tokenizer => ({
    description: 'words',
    size: texts.length,
    encode: () => [0],
    decode: (tokens) => tokens.map((token) => texts[token]!).join(''),
    token: (text) => texts.indexOf(text),
  });
  const withTokenizer = (model: Model, texts: readonly string[]): Model =>
    Object.create(model, { tokenizer: { value: tokenizer(texts) } }) as Model;

  test('are probabilities, and logits that are no numbers an answer of their own', () => {
    const answers = new Answers(models, on, undefined);
    const of = (logits: readonly number[]) => answers.of(0, Float32Array.from(logits), [0, 0, 0]);
    expect([...of([0, Math.log(3), 0])]).toEqual(
      [0.2, expect.closeTo(0.6, 6), 0.2, 0].map((x) => (typeof x === 'number' ? expect.closeTo(x, 6) : x)),
    );
    expect([...of([NaN, 1, 2])]).toEqual([0, 0, 0, 1]);
    expect([...of([1, NaN, 2])]).toEqual([0, 0, 0, 1]);
    expect([...of([-Infinity, -Infinity, -Infinity])]).toEqual([0, 0, 0, 1]);
    expect(totalVariation(of([NaN, 0, 0]), of([0, 0, 0]))).toBe(1);
    expect(totalVariation(of([1000, 0, 0]), of([0, 1000, 0]))).toBe(1);
    expect(likeliest(of([0, 5, 0]))).toBe(1);
  });

  test('of a right and a wrong one are taken among these two', () => {
    const two = task<Input>({
      name: 'two',
      inputs: words,
      behaviour: logitDifference(
        (input: Input) => input[0]!,
        (input: Input) => (input[0]! + 1) % 3,
      ),
      threshold: { atLeast: -100 },
    });
    const found = new Answers(models, two, undefined).of(0, Float32Array.from([7, 1, 1]), [1, 0, 0]);
    expect([...found]).toEqual([0.5, 0.5, 0]);
    expect([...new Answers(models, on, [2, 0]).of(1, Float32Array.from([3, 9, 3]), [1, 0, 0])]).toEqual([0.5, 0.5, 0]);
  });

  test('of unlike vocabularies correspond only by text', async () => {
    const more = await make(2, 4, 5);
    await expect(respondAlike(models[0], more, { on })).rejects.toThrow(/unlike vocabularies: 3 and 5 answers/);
    const [one, other] = [withTokenizer(models[0], ['a', 'b', 'c']), withTokenizer(models[0], ['b', 'a', 'c'])];
    await expect(respondAlike(one, other, { on })).rejects.toThrow(/unlike vocabularies/);
    await expect(respondAlike(one, other, { on, answers: [0, 1] })).rejects.toThrow(/another text/);
    // the same weights with two answers exchanged: by text they answer differently
    expect(await respondAlike(one, other, { on, answers: ['a', 'b'] })).toMatchObject({ outcome: 'unlike' });
    expect(await respondAlike(one, one, { on, answers: ['a', 'b'] })).toMatchObject({ untouched: { is: 'alike' } });
    await expect(respondAlike(...models, { on, answers: ['a', 'b'] })).rejects.toThrow(/no tokenizer/);
    await expect(respondAlike(...models, { on, answers: [1, 1] })).rejects.toThrow(/twice/);
    await expect(respondAlike(...models, { on, answers: [1, 9] })).rejects.toThrow(/not one of the 3 output tokens/);
  });
});

describe('roleInterventions', () => {
  let made: RoleInterventions<Input> | undefined;
  const space = () => (made ??= roleInterventions(models, { on, by: ['resample', 'mean'] }));
  laws<RoleTrial<Input>>({
    make: () => space().arbitrary,
    isValid: ({ base, source }) =>
      source.input.join() !== base.input.join() && source.input.length === base.input.length,
    size: ({ key, by, role }) => {
      const names = space().roles.map(({ name }) => name);
      const places = key.split('|')[2]!.split(' ').map(Number);
      return [
        Number(by === 'mean') * names.length + names.indexOf(role.name),
        ...places,
        ...(by === 'mean' ? [0] : []),
      ];
    },
    parse: (text) => {
      const [, role, source, input] = /^(.+?) (?:held at its mean|taken from (\[.+?\])), on (\[.+\])$/.exec(text)!;
      return space().parse({ role: role!, input: input!, ...(source ? { by: 'resample', source } : { by: 'mean' }) });
    },
  });

  test('draws what the runner takes, prints and parses, and shrinks to the first', async () => {
    const { arbitrary, parse, roles } = roleInterventions(models, { on, by: ['resample', 'mean'] });
    expect(roles).toHaveLength(7);
    fc.assert(
      fc.property(arbitrary, (one) => {
        expect(one.source.input).not.toEqual(one.base.input);
        expect(one.source.input).toHaveLength(one.base.input.length);
        expect(parse(JSON.parse(JSON.stringify(one)))).toMatchObject({ key: one.key, description: one.description });
        expect(arbitrary.canShrinkWithoutContext(one)).toBe(true);
      }),
    );
    const found = await fc.check(
      fc.property(arbitrary, (one) => one.by === 'mean' || one.base.input[0] !== 2 || one.source.input[1] !== 1),
      { seed: 1, numRuns: 1000 },
    );
    // the first role, and the first input that still fails
    expect(String(found.counterexample![0])).toMatch(
      /^attention pattern, layer 0 taken from \[\d, 1, \d\], on \[2, 0, 0\]$/,
    );
    expect(() =>
      parse({ role: 'MLP output, layer 9', by: 'resample', input: '[0, 0, 0]', source: '[0, 0, 1]' }),
    ).toThrow(OptionError);
    expect(() => roleInterventions(models, { on, by: 'zero' as never })).toThrow(OptionError);
  });
});
