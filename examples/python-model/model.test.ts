// The model in Python against its export: the same sites, the same interventions, the same way of adding.
//   npx jest --config examples/python-model/jest.config.cjs
// CONGRUITY_PYTHON names an interpreter that has PyTorch and numpy (Debian: apt install python3-torch); default python3.
import { join } from 'node:path';
import { accuracy, load, pairs, range, task, type Intervention, type Model } from 'congruity';
import 'congruity/setup';
import { pytorchModel } from './pytorch';

const python = process.env.CONGRUITY_PYTHON ?? 'python3';
const weights = (name: string) => join(__dirname, '..', 'modular-addition', 'models', `${name}.safetensors`);
const inPython = (name: string) =>
  pytorchModel({
    name: `${name} in PyTorch`,
    python,
    script: [join(__dirname, 'network.py'), weights(name)],
    representation: ['resid_pre', 'resid_post'],
  });

const addition = task({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});

let original: Model;
let exported: Model;
beforeAll(async () => {
  [original, exported] = await Promise.all([inPython('released'), load(weights('released'))]);
}, 120_000);
afterAll(() => {
  original?.dispose();
  exported?.dispose();
});

/** The export's name for each site of network.py. */
const sites = {
  resid_pre: 'blocks.0.hook_resid_pre',
  z: 'blocks.0.attn.hook_z',
  attn_out: 'blocks.0.hook_attn_out',
  mlp_post: 'blocks.0.mlp.hook_post',
  mlp_out: 'blocks.0.hook_mlp_out',
  resid_post: 'blocks.0.hook_resid_post',
} as const;

const inputs = range(30).map((i) => [(7 * i) % 43, (11 * i + 5) % 43]);
const others = inputs.map(([a, b]) => [b!, (a! + 1) % 43]);

test.each<[string, Intervention[]]>([
  ['nothing', []],
  ['a head off', [{ site: 'z', at: { head: [1] }, by: { kind: 'zero' } }]],
  [
    'neurons from other inputs, in some rows',
    [
      {
        site: 'mlp_post',
        at: { feature: range(85).map((i) => 3 * i), position: [-1] },
        rows: [0, 3, 4],
        by: { kind: 'resample', inputs: others },
      },
    ],
  ],
  [
    'the mean of an attention layer, and a residual stream given',
    [
      { site: 'attn_out', by: { kind: 'mean', over: others } },
      { site: 'resid_pre', at: { position: [0] }, by: { kind: 'value', value: 0.5 } },
    ],
  ],
])('%s: every activation and the logits agree', async (_, interventions) => {
  const [a, b] = await Promise.all([
    original.run(inputs, { capture: Object.keys(sites), interventions }),
    exported.run(inputs, {
      capture: Object.values(sites),
      interventions: interventions.map((one) => ({ ...one, site: sites[one.site as keyof typeof sites] })),
    }),
  ]);
  const apart = (x: Float32Array, y: Float32Array) =>
    x.reduce((worst, value, i) => Math.max(worst, Math.abs(value - y[i]!)), 0);
  for (const [own, theirs] of Object.entries(sites)) {
    expect(a.activations.get(own)!.shape).toEqual(b.activations.get(theirs)!.shape);
    expect(apart(a.activations.get(own)!.data, b.activations.get(theirs)!.data)).toBeLessThan(1e-4);
  }
  expect(apart(a.logits.data, b.logits.data)).toBeLessThan(1e-3);
});

test('the export adds the way the original does', async () => {
  await expect(exported).toBeInterpretivelyEquivalent(original, { on: addition, inputs: 100, budget: { draws: 12 } });
}, 300_000);

test('what goes wrong in Python is said', async () => {
  await expect(original.run([[99, 1]])).rejects.toThrow(/the function failed:[\s\S]*IndexError: index out of range/);
  const { logits } = await original.run([[1, 2]]);
  expect(logits.shape).toEqual([1, 2, 43]);
  await expect(inPython('no such file')).rejects.toThrow(/ended with code 1:[\s\S]*FileNotFoundError/);
});
