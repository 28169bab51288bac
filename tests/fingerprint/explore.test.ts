import { expect, test } from '@jest/globals';
import { task } from '../../generators/task.js';
import { encodeFingerprint } from '../../src/fingerprint/file.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { recorded } from '../../src/fingerprint/recorded.js';
import { klToClean, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { compareFingerprints } from '../../src/verdict/compare-fingerprints.js';
import { randomTransformer, vocabulary } from '../helpers/random-transformer.js';

const on = task({
  name: 'says the same',
  inputs: pairs(range(vocabulary), range(vocabulary)),
  behaviour: klToClean(),
  threshold: { atMost: 0.02 },
});
const say = (e: any) => console.log(e.outcome, e.relation.holds.join(), e.relation.distances, JSON.stringify(e.common), e.twins?.outcome, e.response?.outcome, e.response?.draws, e.sequential.stopped, e.candidate.implementations.length, e.judgement.sides.map((s: any)=>s.excess.estimate.toFixed(3)).join(), e.rows.computed, e.seconds.toFixed(2), e.smallest && 'small');
test('explore', async () => {
  const a = await randomTransformer('released');
  const b = await randomTransformer('changed', 0.05);
  const c = await randomTransformer('other', 2);
  const t0 = Date.now();
  const fp = await fingerprint(a, { on, draws: 20, inputs: 40 });
  const t1 = Date.now();
  console.log(t1 - t0, fp.said.draws.map((d) => d.recipe.components.length).join(), fp.said.options, encodeFingerprint(fp.said, fp.tensors).length, 'pairs' in fp.said.responses && fp.said.responses.roles.map((r)=>r.name));
  for (const m of [a, b]) {
    say(await compare(recorded(fp), m, { on, splits: 1, alsoReport: [] }));
    say(await compare(a, m, { on, inputs: 60, budget: { draws: 20 }, splits: 1, alsoReport: [] }));
  }
  const fb = await fingerprint(b, { on, draws: 20, inputs: 40 });
  const fl = await fingerprint(b, { on, like: fp });
  const fc = await fingerprint(c, { on, draws: 20, inputs: 40 });
  for (const m of [fp, fb, fl, fc]) say(await compareFingerprints(fp, m, { splits: 1, alsoReport: [] }));
  expect(1).toBe(1);
}, 600000);
