/** A gate whose bank is named by paths, as a config in JSON can. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Report } from '../../reports/schema.js';
import { encodeSafetensors } from '../../src/io/safetensors-write.js';
import { noisy } from '../../src/model/formats/transformer/changed.js';
import { withWeights } from '../../src/model/formats/transformer/quantise.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
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

const written = async (path: string, of: Model, seed: number): Promise<void> => {
  const run = await noisy(of, 0.02, seed);
  writeFileSync(project.path(path), encodeSafetensors(withWeights(run, 'written').weights));
  run.dispose();
};
const checks = (folder: string) =>
  (JSON.parse(readFileSync(project.path(folder, 'report.json'), 'utf8')) as Report).checks;

let result: Result;
beforeAll(async () => {
  const released = await load(project.path('models', 'released.safetensors'));
  for (const [seed, path] of runs.entries()) {
    await written(path, released, seed);
    copyFileSync(project.path('models', 'released.json'), project.path(path.replace('safetensors', 'json')));
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
  const found = checks('congruity-report');
  expect(found.flatMap(({ error }) => error ?? [])).toEqual([]);
  expect(found[1]!.status).toBe('violated');
  expect(result.code).toBe(1);
  for (const { evidence } of found)
    expect(evidence!.bank!.accepted.members.map(({ name }) => name).sort()).toEqual([
      'released',
      ...runs.map((_, i) => `run-${i}`),
    ]);
  const [first, second] = found.map(({ evidence }) => evidence!.bank!);
  expect(first!.accepted.level).toBeCloseTo(1 / 9, 12);
  expect(second!.accepted).toMatchObject({ p: 1 / 9, level: 1 / 8 });
  expect(second!.accepted.candidate).toBeGreaterThan(first!.accepted.candidate);
});

test('a verdict is kept for the runs of its bank: with another file in one place, it is another', async () => {
  const again = async (out: string) => {
    await project.run(['gate', '--only', 'one more of them', '--out', out]);
    const { seconds: _, rows, ...evidence } = checks(out)[0]!.evidence!;
    return { rows, evidence };
  };
  const { seconds: _1, rows: _2, ...first } = checks('congruity-report')[0]!.evidence!;
  const unchanged = await again('unchanged');
  expect(unchanged.rows).toEqual({ computed: 0, kept: expect.any(Number) });
  expect(unchanged.evidence).toEqual(first);
  const far = project.path('models', 'constant-attention.safetensors');
  copyFileSync(far, project.path(runs[0]!));
  copyFileSync(far.replace('safetensors', 'json'), project.path(runs[0]!.replace('safetensors', 'json')));
  const changed = await again('changed');
  // of the two models all is known
  expect(changed.rows.computed).toBeGreaterThan(0);
  expect(changed.rows.kept).toBeGreaterThan(0);
  expect(changed.evidence.bank).not.toEqual(first.bank);
  expect({ ...changed.evidence, bank: first.bank, outcome: 0, judgement: 0 }).toEqual({
    ...first,
    outcome: 0,
    judgement: 0,
  });
});
