/** Fingerprints that Python writes, against those of TypeScript. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { task } from '../../generators/task.js';
import { exportInputs, writeExportedInputs } from '../../src/fingerprint/exported-inputs.js';
import { readFingerprint, writeFingerprint } from '../../src/fingerprint/file.js';
import type { Fingerprint } from '../../src/fingerprint/fingerprint.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { random } from '../../src/random.js';
import {
  accuracy,
  crossEntropy,
  klToClean,
  logitDifference,
  pairs,
  range,
  type Behaviour,
} from '../../src/task/index.js';
import { apart } from '../helpers/apart.js';
import { pythonWith } from '../helpers/python.js';
import { describeUnless } from '../helpers/unless.js';

const root = join(__dirname, '..', '..');
const { python, absent } = pythonWith('numpy', 'torch');
const weights = (name: string): string => join(root, 'examples', 'modular-addition', 'models', `${name}.safetensors`);
const folder = mkdtempSync(join(tmpdir(), 'congruity-python-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(python, args, {
    encoding: 'utf8',
    input,
    env: { ...process.env, PYTHONPATH: join(root, 'python'), PYTHONDONTWRITEBYTECODE: '1' },
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
const make = (inputs: string, name: string, out: string): string =>
  run([join(root, 'examples', 'python-training', 'model.py'), at(inputs), weights(name), at(out)]);
const stated = (name: string, behaviour: Behaviour<readonly number[]>, bound: number) =>
  task({
    name,
    inputs: pairs(range(43), range(43)),
    behaviour,
    threshold: behaviour.better === 'higher' ? { atLeast: bound } : { atMost: bound },
  });
const sum = ([a, b]: readonly number[]): number => (a! + b!) % 43;
const addition = stated('addition mod 43', accuracy(sum), 0.99);

describeUnless(absent)('of a PyTorch model', () => {
  let model: Model;
  let own: Fingerprint;
  let like: Fingerprint;
  let grown: Fingerprint;
  beforeAll(async () => {
    model = await load(weights('released'));
    own = await fingerprint(model, { on: addition, inputs: 60, draws: 4, responses: 40 });
    writeExportedInputs(at('like.safetensors'), await exportInputs({ on: addition, like: own }));
    writeExportedInputs(
      at('grow.safetensors'),
      await exportInputs({ on: addition, inputs: 60, draws: 3, responses: 40, pool: 'mean' }),
    );
    make('like.safetensors', 'released', 'like-out.safetensors');
    make('grow.safetensors', 'released', 'grown.safetensors');
    like = await readFingerprint(at('like-out.safetensors'));
    grown = await readFingerprint(at('grown.safetensors'));
  }, 600_000);
  afterAll(() => model?.dispose());

  test('with the interventions of another it is that one, to 1e-6', () => {
    for (const [name, far] of apart(own, like)) expect([name, far < 1e-6]).toEqual([name, true]);
    const plain = ({ said }: Fingerprint) => ({
      ...said,
      writer: '',
      environment: {},
      model: { ...said.model, fingerprint: '' },
      draws: said.draws.map((draw) => ({ ...draw, description: '' })),
    });
    expect(plain(like)).toEqual(plain(own));
    expect(like.said.writer).toBe(`congruity_fingerprint ${own.said.writer.replace('congruity ', '')}`);
  });

  test('with interventions of its own, TypeScript makes the same of them', async () => {
    expect(grown.said.draws).toHaveLength(4);
    for (const { recipe } of grown.said.draws.slice(1)) expect(recipe.components.length).toBeGreaterThan(0);
    expect(grown.said.searched).toMatchObject({ components: 260, patchable: grown.said.pool.length });
    // counterfactuals are checked by their digests; a draw that breaks the behaviour would be rejected
    const again = await fingerprint(model, { on: addition, like: grown, responses: 40 });
    expect(again.said.draws.map(({ recipe, counterfactuals }) => [recipe, counterfactuals])).toEqual(
      grown.said.draws.map(({ recipe, counterfactuals }) => [recipe, counterfactuals]),
    );
    for (const [name, far] of apart(again, grown)) expect([name, far < 1e-6]).toEqual([name, true]);
  }, 300_000);

  test('no draw could be one component longer in its order', () => {
    const found = JSON.parse(
      run(
        [
          '-c',
          `
import json, sys
sys.path.insert(0, ${JSON.stringify(join(root, 'examples', 'python-training'))})
import numpy as np
from congruity_fingerprint import read_inputs
from congruity_fingerprint._runs import Sources, run
from model import addition, model_of, read_safetensors
inputs = read_inputs(${JSON.stringify(at('grow.safetensors'))})
model = model_of(addition(read_safetensors(${JSON.stringify(weights('released'))})), 'released')
said = json.load(sys.stdin)
known = {one[0]: one for part in model.parts for one in part.components()}
pool = [known[name] for name in said['pool']]
found = []
for index, sizes in enumerate(said['sizes'], 1):
    order = [pool[i] for i in np.random.default_rng(inputs.said['draws'][index - 1]['seed']).permutation(len(pool))]
    sources = Sources(model, inputs.counterfactuals(index), {one[1] for one in pool})
    score = lambda some: inputs.score(run(model, inputs.tokens, sources.replacing(order[:some])).logits, None)
    found.append([inputs.meets(score(sizes)), inputs.meets(score(sizes + 1))])
print(json.dumps(found))
`,
        ],
        JSON.stringify({
          pool: grown.said.pool,
          sizes: grown.said.draws.slice(1).map(({ recipe }) => recipe.components.length),
        }),
      ),
    ) as unknown;
    expect(found).toEqual(grown.said.draws.slice(1).map(() => [true, false]));
  });

  test('what cannot be: each is said, and nothing is written', async () => {
    const bytes = readFileSync(at('like.safetensors'));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(at('damaged.safetensors'), bytes);
    writeFileSync(at('short.safetensors'), bytes.subarray(0, 100));
    writeFingerprint(at('fingerprint.safetensors'), own);
    const mine = stated('one of my own', { ...accuracy(sum), name: 'mine' }, 0.9);
    writeExportedInputs(at('mine.safetensors'), await exportInputs({ on: mine, inputs: 30, draws: 1 }));
    const said = JSON.parse(
      run([
        '-c',
        `
import json, os, sys
sys.path.insert(0, ${JSON.stringify(join(root, 'examples', 'python-training'))})
from congruity_fingerprint import FingerprintError, Part, fingerprint, read_inputs, transformer_parts
from model import addition, model_of, read_safetensors
at = lambda name: os.path.join(${JSON.stringify(folder)}, name + '.safetensors')
network = addition(read_safetensors(${JSON.stringify(weights('released'))}))
model = lambda: model_of(network, 'released')
def other_parts():
    made = model()
    made.parts = transformer_parts(2, 4, 256)
    return fingerprint(read_inputs(at('like')), made, at('never'))
def no_site():
    made = model()
    made.representation = ['blocks.7.hook_resid_post']
    return fingerprint(read_inputs(at('grow')), made, at('never'))
def broken():
    import copy, torch
    worse = copy.deepcopy(network)
    with torch.no_grad():
        worse.unembed.weight.zero_()
    return fingerprint(read_inputs(at('grow')), model_of(worse, 'worse'), at('never'))
def diverged():
    import copy, torch
    worse = copy.deepcopy(network)
    with torch.no_grad():
        worse.unembed.weight.fill_(float('nan'))
    return fingerprint(read_inputs(at('grow')), model_of(worse, 'worse'), at('never'))
def parts(*some):
    made = model()
    made.parts = list(some)
    return fingerprint(read_inputs(at('grow')), made, at('never'))
def with_logits(f):
    made = model()
    made._logits = f
    return fingerprint(read_inputs(at('grow')), made, at('never'))
def small():
    made = model()
    made._inputs = lambda ids: (ids + 1000,)
    return fingerprint(read_inputs(at('grow')), made, at('never'))
attempts = {
    'missing': lambda: read_inputs(at('nowhere')),
    'damaged': lambda: read_inputs(at('damaged')),
    'short': lambda: read_inputs(at('short')),
    'another kind': lambda: read_inputs(at('fingerprint')),
    'own': lambda: fingerprint(read_inputs(at('mine')), model(), at('never')),
    'other parts': other_parts,
    'no site': no_site,
    'broken': broken,
    'nowhere to write': lambda: fingerprint(read_inputs(at('grow')), model(), at('like') + '/all.safetensors'),
    'a folder': lambda: fingerprint(read_inputs(at('grow')), model(), os.path.dirname(at('like'))),
    'no number': diverged,
    'score of no number': lambda: fingerprint(read_inputs(at('mine')), model(), at('never'), score=lambda logits: logits[:, 0] * float('nan')),
    'too many': lambda: parts(Part('neuron', 'n', 'blocks.0.mlp.hook_post', 'feature', 10**6)),
    'no such axis': lambda: parts(Part('neuron', 'n', 'blocks.0.mlp.hook_post', 'head', 2)),
    'twice': lambda: parts(*[Part('neuron', 'n', 'blocks.0.mlp.hook_post', 'feature', 2)] * 2),
    'none': parts,
    'shape': lambda: with_logits(lambda found: found[:, 0, 0]),
    'few rows': lambda: with_logits(lambda found: found[:5]),
    'no such token': small,
}
said = {}
for name, attempt in attempts.items():
    try:
        attempt()
        said[name] = None
    except FingerprintError as error:
        said[name] = str(error)
said['never'] = os.path.exists(at('never'))
print(json.dumps(said))
`,
      ]),
    ) as Record<string, unknown>;
    expect(said).toEqual({
      missing: expect.stringMatching(/^the file cannot be read: .*No such file[^]*at: .*nowhere[^]*do: /),
      damaged: expect.stringContaining('its digest is another one'),
      short: expect.stringContaining('the file cannot be read'),
      'another kind': expect.stringContaining("it holds 'fingerprint', and 'inputs' is asked for"),
      own: expect.stringMatching(/the behaviour 'mine' is a function of its task[^]*score=/),
      'other parts': expect.stringContaining('released has other components than the model'),
      'no site': expect.stringContaining("released has no site 'blocks.7.hook_resid_post'"),
      broken: expect.stringMatching(/^worse scores 0\.\d+ accuracy; the task asks for at least 0\.99/),
      'nowhere to write': expect.stringMatching(/^the file cannot be written: \w[\w ]+\n {2}at: /),
      'a folder': expect.stringContaining('the file cannot be written: it is a folder'),
      'no number': expect.stringMatching(/^\d+ of \d+ inputs give logits that are no numbers/),
      'score of no number': expect.stringContaining('the score of released is no number'),
      'too many': expect.stringMatching(/^n counts 1000000 along the axis 'feature' .* which is \d+ long/),
      'no such axis': expect.stringContaining("n is along the axis 'head'"),
      twice: expect.stringContaining("released has two components called 'n.0'"),
      none: expect.stringContaining('released has no components'),
      shape: expect.stringMatching(/^the model gave logits of shape \(\d+,\) for \d+ inputs/),
      'few rows': expect.stringContaining('the model gave logits of shape (5, '),
      'no such token': expect.stringMatching(/^the module fails on \d+ x \d+ tokens: index out of range/),
      never: false,
    });
  });
});

const numpy = pythonWith('numpy');
describeUnless(numpy.absent)('what both compute', () => {
  test('scores of every behaviour, over inputs of several lengths', async () => {
    // at some lengths, of which one is written as a hash
    const inputs = range(40).map((i) => range([2, 3, 5, 70][i % 4]!).map((k) => (7 * i + 3 * k) % 43));
    const first = ([a]: readonly number[]): number => a!;
    const second = ([, b]: readonly number[]): number => b!;
    const behaviours: readonly Behaviour<readonly number[]>[] = [
      accuracy(first),
      crossEntropy(second),
      logitDifference(first, second, { position: (input) => input.length - 2 }),
      klToClean(),
    ];
    const stream = random(5, 'logits');
    const logits = (): Float32Array[] => inputs.map(() => Float32Array.from({ length: 43 }, () => 3 * stream.normal()));
    const [patched, clean] = [logits(), logits()];
    // some are right
    patched.forEach((row, i) => i % 3 === 0 && (row[inputs[i]![0]!] = 20));
    patched[4]![inputs[4]![0]!] = NaN;
    const files: string[] = [];
    for (const [i, behaviour] of behaviours.entries()) {
      const on = task({
        name: `of ${i}`,
        inputs,
        behaviour,
        threshold: behaviour.better === 'higher' ? { atLeast: -1 } : { atMost: 9 },
      });
      files.push(at(`behaviour-${i}.safetensors`));
      writeExportedInputs(files[i]!, await exportInputs({ on, draws: 1, responses: 5 }));
    }
    const plain = (rows: readonly Float32Array[]): (number | null)[][] =>
      rows.map((row) => [...row].map((x) => (Number.isNaN(x) ? null : x)));
    const found = JSON.parse(
      run(
        [
          '-c',
          `
import json, sys
import numpy as np
from congruity_fingerprint import read_inputs
given = json.load(sys.stdin)
array = lambda rows: np.array([[np.nan if x is None else x for x in row] for row in rows], np.float32)
found = []
for path in given['files']:
    inputs = read_inputs(path)
    rows = [[int(token) for token in row] for row in inputs.tokens.rows]
    # row 4 has no number: only accuracy takes it
    keep = slice(None) if inputs.said['behaviour']['kind'] == 'accuracy' else np.arange(len(rows)) != 4
    if inputs.targets is not None:
        inputs.targets = inputs.targets[keep]
    score = inputs.score(array(given['patched'])[keep], array(given['clean'])[keep])
    found.append([rows, [int(at) for at in inputs.tokens.positions], score])
print(json.dumps(found))
`,
        ],
        JSON.stringify({ files, patched: plain(patched), clean: plain(clean) }),
      ),
    ) as [number[][], number[], number][];
    for (const [i, behaviour] of behaviours.entries()) {
      const [rows, positions, score] = found[i]!;
      const order = rows.map((row) => inputs.findIndex((input) => input.join() === row.join()));
      expect(order.toSorted((a, b) => a - b)).toEqual(range(40));
      expect(positions).toEqual(rows.map(({ length }) => (i === 2 ? length - 2 : length - 1)));
      // logits are taken in the order of the exported inputs
      const places = range(40).filter((place) => i === 0 || place !== 4);
      const scores = places.map((place) => behaviour.score(patched[place]!, rows[place]!, clean[place]!));
      const mean = scores.reduce((total, x) => total + x, 0) / scores.length;
      expect(Math.abs(score - mean)).toBeLessThan(1e-9 * Math.max(1, Math.abs(mean)));
    }
  });

  test('what cannot be exported says why', async () => {
    await expect(
      exportInputs({
        on: task({
          name: 'tensors',
          inputs: range(30).map((i) => ({ shape: [2], data: [i, 1] })),
          behaviour: accuracy(() => 0),
          threshold: { atLeast: 0 },
        }),
      }),
    ).rejects.toThrow(/task "tensors" has inputs that are no lists of tokens/);
  });
});
