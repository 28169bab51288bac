/** Fingerprints that Python writes, against those of TypeScript. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { task } from '../../generators/task.js';
import { exportInputs, writeExportedInputs } from '../../src/fingerprint/exported-inputs.js';
import { readFingerprint } from '../../src/fingerprint/file.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { accuracy, pairs, range } from '../../src/task/index.js';
import { compareFingerprints } from '../../src/verdict/compare-fingerprints.js';
import { compare } from '../../src/verdict/compare.js';
import { recorded } from '../../src/fingerprint/recorded.js';
import { pythonWith } from '../helpers/python.js';

const { python, absent } = pythonWith('numpy', 'torch');
const models = join(__dirname, '..', '..', 'examples', 'modular-addition', 'models');
const weights = (name: string): string => join(models, `${name}.safetensors`);
const on = task({
  name: 'addition mod 43',
  inputs: pairs(range(43), range(43)),
  behaviour: accuracy(([a, b]: [number, number]) => (a + b) % 43),
  threshold: { atLeast: 0.99 },
});
test('explore', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'congruity-python-'));
  const at = (name: string): string => join(folder, name);
  const make = (inputs: string, name: string, out: string): void => {
    const t=Date.now();
    const { status, stderr, stdout } = spawnSync(python, [join(__dirname, '..', '..', 'examples', 'python-fingerprint', 'make.py'), inputs, weights(name), out], { encoding: 'utf8' });
    console.log(status, stdout, stderr, Date.now()-t);
  };
  const model = await load(weights('released'));
  const own = await fingerprint(model, { on, inputs: 120, draws: 12 });
  const order = await exportInputs({ on, like: own });
  console.log(writeExportedInputs(at('like.safetensors'), order));
  make(at('like.safetensors'), 'released', at('a.safetensors'));
  const theirs = await readFingerprint(at('a.safetensors'));
  console.log(own.said.draws.map((d) => d.recipe.components.length).join(), theirs.said.draws.map((d) => d.recipe.components.length).join());
  let worst = 0;
  for (const [name, { data }] of own.tensors) {
    const other = theirs.tensors.get(name)!.data;
    let most = 0, scale = 0;
    data.forEach((x, i) => { most = Math.max(most, Math.abs(x - other[i]!)); scale = Math.max(scale, Math.abs(x)); });
    worst = Math.max(worst, most / scale);
  }
  console.log('worst', worst, own.tensors.size, theirs.tensors.size);
  console.log(JSON.stringify({ ...own.said, draws: own.said.draws.slice(0,2), inputs: 0, responses: 0 }).slice(0, 3000));
  console.log(JSON.stringify({ ...theirs.said, draws: theirs.said.draws.slice(0,2), inputs: 0, responses: 0 }).slice(0, 3000));
  const scratch = await exportInputs({ on, inputs: 120, draws: 12 });
  writeExportedInputs(at('scratch.safetensors'), scratch);
  make(at('scratch.safetensors'), 'released', at('b.safetensors'));
  const b = await readFingerprint(at('b.safetensors'));
  console.log(b.said.draws.map((d) => d.recipe.components.length).join(), b.said.searched, own.said.searched);
  const say = (e: any) => console.log(e.outcome, e.relation.holds.join(), JSON.stringify(e.common), JSON.stringify(e.fingerprints), e.twins?.outcome, e.response?.outcome);
  say(await compare(recorded(b), model, { on, splits: 1, alsoReport: [] }));
  say(await compareFingerprints(own, theirs, { splits: 1, alsoReport: [] }));
  rmSync(folder, { recursive: true });
}, 600000);
