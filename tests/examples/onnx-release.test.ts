/** Two releases of Magika on slices of real files, where CONGRUITY_MODELS leads to them. What the gates say in full is in the example's README. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { accuracy } from '../../src/task/index.js';
import { runExamples } from '../../src/task/run.js';
import { compare } from '../../src/verdict/compare.js';
import { task } from '../../generators/task.js';
import { files, type File } from '../../examples/onnx-release/files.js';
import { absent, labelOf, options, released } from '../../examples/onnx-release/magika.js';
import { describeUnless } from '../helpers/unless.js';

describeUnless(absent)('two releases of Magika', () => {
  const models: Record<string, Model> = {};
  beforeAll(async () => {
    for (const version of ['v3_2', 'v3_3'])
      models[version] = await load(released(`standard_${version}`, 'model.onnx'), { ...options, name: version });
  });
  afterAll(() => Object.values(models).forEach((model) => model.dispose()));

  const of = (label: string, atLeast: number) =>
    task({
      name: label,
      inputs: files().filter((file) => file.label === label),
      encode: ({ tokens }: File) => tokens,
      behaviour: accuracy(({ label: right }: File) => labelOf(right)),
      threshold: { atLeast },
    });
  const score = async (version: string, label: string): Promise<number> => {
    const slice = of(label, 0);
    return (await runExamples(models[version]!, slice, slice.examples(250, 0))).score;
  };

  test('the change log is right: the new one knows TypeScript better, and JavaScript as well as the old', async () => {
    const [before, after] = [await score('v3_2', 'typescript'), await score('v3_3', 'typescript')];
    expect(after).toBeGreaterThan(before);
    expect(after).toBeGreaterThan(0.95);
    for (const version of ['v3_2', 'v3_3']) expect(await score(version, 'javascript')).toBeGreaterThan(0.9);
  });

  test('a release compared with itself is not different', async () => {
    const { outcome, representation, environment } = await compare(models['v3_3']!, models['v3_3']!, {
      on: of('javascript', 0.9),
      inputs: 60,
      budget: { draws: 7 },
      alsoReport: [],
      splits: 1,
    });
    expect(outcome).not.toBe('different');
    expect(representation.features).toBe(1024);
    expect(environment.backend).toBe('onnxruntime');
  });
});
