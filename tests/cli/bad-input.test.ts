/** Every kind of bad input through the command: its code, exit 2, and no verdict. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addition, Project, type Result } from './command.js';

const project = new Project({
  'addition.ts': addition,
  'congruity.config.ts': `
import { accuracy, load, pairs, range, task, trainedRuns, transformer } from 'congruity';
import { addition } from './addition.ts';

const any = { behaviour: accuracy(() => 0), threshold: { atLeast: 0 } };
const gate = (name: string, rest: object) => ({ name, baseline: 'models/released.safetensors', candidate: 'models/quantised.safetensors', task: addition, ...rest });
const overflowing = async () => {
  const { config, weights } = await load(new URL('./models/released.safetensors', import.meta.url).pathname);
  const huge = (name: string) => ({ shape: weights.get(name)!.shape, data: new Float32Array(weights.get(name)!.data.length).fill(3e38) });
  return transformer(config, new Map([...weights, ['pos_embed.W_pos', huge('pos_embed.W_pos')], ['blocks.0.mlp.b_out', huge('blocks.0.mlp.b_out')]]), { name: 'overflowing' });
};

export default {
  gates: [
    gate('an unknown token', { task: task({ name: 'strange', inputs: pairs(range(44), range(44)), ...any }) }),
    gate('too few inputs', { task: task({ name: 'small', inputs: pairs(range(2), range(2)), ...any }) }),
    gate('one implementation', { candidate: async () => trainedRuns([await load(new URL('./models/quantised.safetensors', import.meta.url).pathname)]) }),
    gate('constant activations', { options: { sites: ['hook_pos_embed'] } }),
    gate('infinite activations', { candidate: overflowing, task: task({ name: 'anything', inputs: pairs(range(43), range(43)), ...any }) }),
    gate('below the threshold', { task: task({ name: 'subtraction', inputs: pairs(range(43), range(43)), behaviour: accuracy(([a, b]) => (a - b + 43) % 43), threshold: { atLeast: 0.99 } }) }),
    gate('low acceptance', { options: { set: { outside: ['blocks.0.attn'], fraction: 1 } } }),
    gate('a config that contradicts the weights', { candidate: 'models/wrong.safetensors' }),
    gate('an option that cannot be', { options: { margin: -1 } }),
  ].map((one) => ({ ...one, options: { budget: { draws: 3 }, inputs: 60, splits: 1, alsoReport: [], power: false, set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 }, ...one.options } })),
};
`,
}).withModels();

const expected = {
  'an unknown token': 'BAD_INPUT',
  'too few inputs': 'BAD_TASK',
  'one implementation': 'TOO_FEW_IMPLEMENTATIONS',
  'constant activations': 'BAD_REPRESENTATION',
  'infinite activations': 'BAD_REPRESENTATION',
  'below the threshold': 'BELOW_THRESHOLD',
  'low acceptance': 'TOO_FEW_IMPLEMENTATIONS',
  'a config that contradicts the weights': 'BAD_MODEL',
  'an option that cannot be': 'BAD_OPTION',
};

let result: Result;
beforeAll(async () => {
  copyFileSync(project.path('models', 'released.safetensors'), project.path('models', 'wrong.safetensors'));
  const config = JSON.parse(readFileSync(project.path('models', 'released.json'), 'utf8')) as object;
  writeFileSync(project.path('models', 'wrong.json'), JSON.stringify({ ...config, d_mlp: 128 }));
  result = await project.run(['gate', '--verbose', '--workers', '1']);
});
afterAll(() => project.remove());

test('exit 2, and each gate has its code, a reason, and no evidence', () => {
  expect(result).toMatchObject({ code: 2 });
  const { checks } = JSON.parse(readFileSync(project.path('congruity-report', 'report.json'), 'utf8')) as {
    checks: { test: string; status: string; evidence?: unknown; error?: { code: string; what: string } }[];
  };
  expect(Object.fromEntries(checks.map((check) => [check.test, check.error?.code]))).toEqual(expected);
  for (const check of checks) {
    expect(check).toMatchObject({ status: 'not judged', error: { what: expect.stringMatching(/\w{3}/) } });
    expect(check.evidence).toBeUndefined();
  }
});

test('the terminal says what to do, of every gate with --verbose', () => {
  for (const part of [
    'the model knows 0 to 42',
    'the within-model distance needs at least two',
    'the task asks for at least 0.99',
    'lower `fraction`',
  ])
    expect(result.stdout.replace(/\s+/g, ' ')).toContain(part);
});
