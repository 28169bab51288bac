/** A gate whose bank is named by paths, as a config in JSON can. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Report } from '../../reports/schema.js';
import { encodeSafetensors } from '../../src/io/safetensors-write.js';
import { noisy } from '../../src/model/formats/transformer/changed.js';
import { withWeights } from '../../src/model/formats/transformer/quantise.js';
import { load } from '../../src/model/load.js';
import { addition, Project, type Result } from './command.js';

const project = new Project({ 'addition.ts': addition }).withModels();
const runs = Array.from({ length: 7 }, (_, i) => `models/run-${i}.safetensors`);
const options = {
  bank: runs,
  measure: 'cka',
  alsoReport: [],
  inputs: 60,
  budget: { draws: 2 },
  bootstrap: 100,
  permutations: 199,
  power: false,
  set: { outside: ['blocks.0.mlp.neuron.*'], fraction: 0.05 },
};
const gate = (name: string, candidate: string, given: object) => ({
  name,
  baseline: 'models/released.safetensors',
  candidate: `models/${candidate}.safetensors`,
  task: 'addition.ts#addition',
  options: { ...options, ...given },
});

let result: Result;
beforeAll(async () => {
  const released = await load(project.path('models', 'released.safetensors'));
  for (const [seed, path] of runs.entries()) {
    const run = await noisy(released, 0.02, seed);
    writeFileSync(project.path(path), encodeSafetensors(withWeights(run, 'written').weights));
    copyFileSync(project.path('models', 'released.json'), project.path(path.replace('safetensors', 'json')));
    run.dispose();
  }
  released.dispose();
  project.write(
    'congruity.config.json',
    JSON.stringify({
      seed: 3,
      gates: [
        gate('one more of them', 'finetuned', {}),
        gate('another mechanism', 'constant-attention', { bank: { accept: runs, level: 1 / 8 } }),
        gate('a run that is the baseline again', 'finetuned', { bank: [...runs, 'models/again.safetensors'] }),
      ],
    }),
  );
  for (const kind of ['json', 'safetensors'])
    copyFileSync(project.path('models', `released.${kind}`), project.path('models', `again.${kind}`));
  result = await project.run(['gate', '--workers', '1']);
});
afterAll(() => project.remove());

test('runs are loaded from the folder of the config, and the bank decides', () => {
  const { checks } = JSON.parse(readFileSync(project.path('congruity-report', 'report.json'), 'utf8')) as Report;
  expect(checks.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect(checks[1]!.status).toBe('violated');
  expect(result.code).toBe(1);
  for (const { evidence } of checks)
    expect(evidence!.bank!.accepted.members.map(({ name }) => name).sort()).toEqual([
      'released',
      ...runs.map((_, i) => `run-${i}`),
    ]);
  const [first, second] = checks.map(({ evidence }) => evidence!.bank!);
  expect(first!.accepted.level).toBeCloseTo(1 / 9, 12);
  expect(second!.accepted).toMatchObject({ p: 1 / 9, level: 1 / 8 });
  expect(second!.accepted.candidate).toBeGreaterThan(first!.accepted.candidate);
});
