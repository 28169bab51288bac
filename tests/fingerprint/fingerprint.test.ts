/** Fingerprints: what a comparison with a file says is what one with the model says, but for what a file cannot have; and a file that is not what it should be is refused. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, jest } from '@jest/globals';
import { task } from '../../generators/task.js';
import {
  encodeFingerprint,
  isFingerprintFile,
  parseFingerprint,
  readFingerprint,
  writeFingerprint,
} from '../../src/fingerprint/file.js';
import type { Fingerprint } from '../../src/fingerprint/fingerprint.js';
import type { FingerprintSaid } from '../../src/fingerprint/format.js';
import { inputsDigest } from '../../src/fingerprint/digest.js';
import { fingerprint } from '../../src/fingerprint/make.js';
import { recorded } from '../../src/fingerprint/recorded.js';
import { measureNames, measures } from '../../src/measure/index.js';
import { writeSafetensors, type TensorToWrite } from '../../src/io/safetensors-write.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { klToClean, pairs, range } from '../../src/task/index.js';
import { compare } from '../../src/verdict/compare.js';
import { compareFingerprints } from '../../src/verdict/compare-fingerprints.js';
import { evidenceSchema } from '../../src/verdict/evidence.js';
import { randomTransformer, vocabulary } from '../helpers/random-transformer.js';

const sizes = { n_layers: 1, d_mlp: 8, n_heads: 2 } as const;
const on = task({
  name: 'says the same',
  inputs: pairs(range(vocabulary), range(vocabulary)),
  behaviour: klToClean(),
  threshold: { atMost: 0.02 },
});
const folder = mkdtempSync(join(tmpdir(), 'fingerprint-'));
// what is drawn for one test is known to the next
const cache = mkdtempSync(join(tmpdir(), 'fingerprint-cache-'));
const making = { on, draws: 12, inputs: 25, measure: 'cka', responses: 256, cache } as const;
const judging = { alsoReport: [], bootstrap: 100, permutations: 199, shrink: false } as const;
const quick = { ...judging, cache };

let released: Transformer;
let changed: Transformer;
let other: Transformer;
let exact: Fingerprint;
let rounded: Fingerprint;
beforeAll(async () => {
  released = await randomTransformer('released', 0, sizes);
  changed = await randomTransformer('changed', 0.05, sizes);
  other = await randomTransformer('other', 2, sizes);
  exact = await fingerprint(released, { ...making, precision: 'float64' });
  rounded = await fingerprint(released, making);
}, 300_000);
afterAll(() => {
  [released, changed, other].forEach((model) => model.dispose());
  for (const one of [folder, cache]) rmSync(one, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('the same model and options give the same file, and it comes back as it was', async () => {
  const again = await fingerprint(released, making);
  expect(again.digest).toBe(rounded.digest);
  writeFingerprint(at('again.safetensors'), again);
  const read = await readFingerprint(at('again.safetensors'));
  expect(asJson(read.said)).toEqual(asJson(rounded.said));
  expect(read.digest).toBe(rounded.digest);
  expect([...read.tensors.keys()].toSorted()).toEqual([...rounded.tensors.keys()].toSorted());
  for (const [name, { data }] of rounded.tensors) expect(read.tensors.get(name)!.data).toEqual(data);
  expect(await isFingerprintFile(at('again.safetensors'))).toBe(true);
  expect(readdirSync(folder)).toEqual(['again.safetensors']);
});

test('float32 takes half of the bytes of float64, and moves no distance of any measure by more than a hundredth of its resolution', async () => {
  const bytes = ({ tensors }: Fingerprint): number =>
    [...tensors].reduce((sum, [name, { data }]) => (name.startsWith('draw.') ? sum + data.byteLength : sum), 0);
  expect([exact.exact, rounded.exact]).toEqual([true, false]);
  expect(bytes(exact)).toBe(2 * bytes(rounded));
  const first = (one: Fingerprint) =>
    one
      .drawn()
      .slice(0, 6)
      .map(({ gram }) => gram);
  for (const name of measureNames) {
    const options = { seed: 0, splits: 1, distinct: true } as const;
    const moved = await Promise.all([exact, rounded].map((one) => measures[name].distances(first(one), options))).then(
      ([a, b]) => a!.data.reduce((most, d, i) => Math.max(most, Math.abs(d - b!.data[i]!)), 0),
      () => Infinity,
    );
    if (moved <= 0.01 * measures[name].resolution) continue;
    // by a measure that rounding moves, or that cannot be taken after it, float64 is kept unasked
    const made = await fingerprint(released, { ...making, measure: name, responses: 1 }).catch((error: Error) => error);
    if (made instanceof Error) expect(made.name).toBe('RepresentationError');
    else expect([name, made.exact]).toEqual([name, true]);
  }
});

test('under the interventions of its own fingerprint a model is where it was', async () => {
  const evidence = await compare(recorded(exact), released, { on, ...quick });
  // a copy of the model under the same interventions: twins coincide
  expect(evidence.common).toMatchObject({ how: 'fingerprint' });
  expect(evidence.twins!.twins).toBeLessThan(1e-6);
  expect(evidence.twins!.untouched).toBeLessThan(1e-6);
});

test('a copy passes, from the file as from the model; the report says what a file lacks', async () => {
  const evidence = await compare(recorded(rounded), released, { on, ...quick });
  expect(evidence.outcome).toBe('equivalent');
  // a file says as much, unless its pairs of inputs run out: then it leaves open whether answers are alike
  const live = await compare(released, released, { on, inputs: 25, measure: 'cka', ...quick });
  const open = evidence.response!.outcome === 'undecided';
  if (open) expect(evidence.response).toMatchObject({ draws: making.responses, stopped: 'draws' });
  expect(evidence.relation!.holds).toEqual(
    live.relation!.holds.filter((relation) => !(open && relation === 'responds alike')),
  );
  expect(evidence.response!.untouched.discrepancy.estimate).toBeLessThan(1e-6);
  expect(evidenceSchema.parse(asJson(evidence))).toBeTruthy();
  const { baseline, candidate } = evidence.fingerprints!;
  expect(candidate).toBeUndefined();
  expect(baseline).toMatchObject({ digest: rounded.digest, precision: 'float32' });
  expect(baseline!.lacks.map(({ code }) => code)).toEqual([
    'recorded-interventions',
    'recorded-pairing',
    'recorded-responses',
    'recorded-inputs',
    'no-recorded-weights',
  ]);
  expect(baseline!.reasons).toHaveLength(5);
});

test('the verdict from float32 is that from float64', async () => {
  for (const candidate of [changed, other]) {
    const [a, b] = [
      await compare(recorded(exact), candidate, { on, ...quick }),
      await compare(recorded(rounded), candidate, { on, ...quick }),
    ];
    expect([b.outcome, b.relation!.holds]).toEqual([a.outcome, a.relation!.holds]);
    expect(b.judgement.strangers.estimate).toBeCloseTo(a.judgement.strangers.estimate, 4);
  }
});

test('another model does not pass, and is drawn by itself where it tolerates too few of the interventions', async () => {
  const evidence = await compare(recorded(rounded), other, { on, ...quick });
  expect(evidence.outcome).not.toBe('equivalent');
  expect(evidence.common).toMatchObject({ why: expect.stringContaining('tolerates') });
  expect(evidence.response!.outcome).toBe('unlike');
});

test('two fingerprints are compared without models: twins where one is made like the other', async () => {
  const like = await fingerprint(changed, { on, like: rounded });
  const alone = await fingerprint(changed, making);
  const twins = await compareFingerprints(rounded, like, judging);
  const live = await compare(recorded(rounded), changed, { on, ...quick });
  expect(twins.common).toMatchObject({ how: 'fingerprint' });
  // the candidate's own Grams are rounded here, and not there
  twins.distances.across.forEach((row, i) =>
    row.forEach((d, j) => {
      if (live.distances.across[i]?.[j] !== undefined)
        expect(Math.abs(d - live.distances.across[i]![j]!)).toBeLessThan(1e-3);
    }),
  );
  expect(twins.response!.outcome).toBe(live.response!.outcome);
  expect(twins.rows).toEqual({ computed: 0, kept: 0 });
  expect(evidenceSchema.parse(asJson(twins))).toBeTruthy();
  const apart = await compareFingerprints(rounded, alone, judging);
  expect(apart.common).toMatchObject({ why: expect.any(String) });
  // the same file twice: what no control can be made of is not called derived, and twins coincide
  const itself = await compareFingerprints(rounded, rounded, judging);
  expect(itself.twins).toMatchObject({ twins: 0, untouched: 0 });
  expect(itself.relation!.distances).not.toBe('different');
  expect(itself.response!.outcome).not.toBe('unlike');
  expect(itself.response!.roles.map(({ discrepancy }) => discrepancy.estimate)).toEqual(
    itself.response!.roles.map(() => 0),
  );
});

test('where a model tolerates too few of another’s interventions, or has other components, its fingerprint is drawn by itself', async () => {
  const said: string[] = [];
  const asked = { on, like: rounded, progress: (_: number, doing: string) => void said.push(doing) };
  const run = jest.spyOn(other, 'run');
  const apart = await fingerprint(other, asked);
  const runs = run.mock.calls.length;
  // as one that was asked for without the interventions, and known to be that after eight of these
  expect(apart.digest).toBe((await fingerprint(other, making)).digest);
  // 18 runs, of which the controls of those that it tolerates are 8; with all draws before they were 26
  expect(2 * runs - run.mock.calls.length).toBeLessThan(20);
  run.mockRestore();
  expect(said).toContainEqual(expect.stringMatching(/^drawing it by itself: other tolerates [0-3] of the first 8/));
  expect((await compareFingerprints(rounded, apart, judging)).outcome).not.toBe('equivalent');
  const wider = await randomTransformer('wider', 0, { ...sizes, d_mlp: sizes.d_mlp + 4 });
  try {
    const own = await fingerprint(wider, asked);
    expect(said).toContain('drawing it by itself: wider has other components than released');
    expect(own.said.draws).toHaveLength(rounded.said.draws.length);
  } finally {
    wider.dispose();
  }
});

test('the order of the two sides changes no distance', async () => {
  const like = await fingerprint(changed, { on, like: rounded });
  const [a, b] = [await compareFingerprints(rounded, like, judging), await compareFingerprints(like, rounded, judging)];
  expect(b.judgement.strangers.estimate).toBeCloseTo(a.judgement.strangers.estimate, 9);
  expect(b.response!.untouched.discrepancy.estimate).toBeCloseTo(a.response!.untouched.discrepancy.estimate, 9);
});

test('a task with symmetries: averaged Gram matrices and their controls come back', async () => {
  const group = task({
    name: 'symmetric',
    inputs: pairs(range(vocabulary), range(vocabulary)),
    behaviour: klToClean(),
    threshold: { atMost: 0.02 },
    symmetries: { swap: ([a, b]: [number, number]): [number, number] => [b, a] },
  });
  const made = await fingerprint(released, { on: group, draws: 8, measure: 'cka', responses: 2 });
  expect(made.said.orbits).toMatchObject({ inputs: vocabulary ** 2 });
  const evidence = await compare(recorded(made), released, { on: group, ...quick });
  expect(evidence.orbits!.kept[0]).toEqual(evidence.orbits!.kept[1]);
  expect((await compareFingerprints(made, made, judging)).orbits).toEqual(evidence.orbits);
});

/** What something fails with. */
const failure = (work: () => Promise<unknown>): Promise<unknown> =>
  work().then(
    () => 'nothing failed',
    (error: unknown) => error,
  );

/** A file that says something else. */
function saying(change: (said: FingerprintSaid) => unknown, tensors?: Map<string, TensorToWrite>): Uint8Array {
  return encodeFingerprint(change(rounded.said) as FingerprintSaid, tensors ?? rounded.tensors);
}
const parsing = (bytes: Uint8Array) => failure(async () => parseFingerprint(bytes, 'some.safetensors'));

test('damaged, foreign, truncated and edited files are refused', async () => {
  const whole = encodeFingerprint(rounded.said, rounded.tensors);
  const path = at('whole.safetensors');
  writeFileSync(path, whole);
  truncateSync(path, whole.length - 10);
  expect(await failure(() => readFingerprint(path))).toMatchObject({ code: 'BAD_FILE' });
  expect(await failure(() => readFingerprint(at('nowhere.safetensors')))).toMatchObject({
    code: 'BAD_FILE',
    what: 'there is no such file',
  });
  const edited = Buffer.from(whole);
  edited[whole.length - 3]! ^= 1;
  expect(await parsing(edited)).toMatchObject({ code: 'BAD_FILE', what: expect.stringContaining('digest') });
  // what it says, by hand: the same length, so that the header is whole
  const text = Buffer.from(whole);
  const place = text.indexOf('says the same');
  text.write('says THE same', place);
  expect(await parsing(text)).toMatchObject({ code: 'BAD_FILE', what: expect.stringContaining('digest') });
  await writeSafetensors(at('weights.safetensors'), new Map([['w', { shape: [2], data: new Float32Array(2) }]]));
  expect(await failure(() => readFingerprint(at('weights.safetensors')))).toMatchObject({
    code: 'BAD_FILE',
    what: expect.stringContaining('did not write'),
  });
  expect(await isFingerprintFile(at('weights.safetensors'))).toBe(false);
  expect(await parsing(saying((said) => ({ ...said, format: 2 })))).toMatchObject({
    code: 'OTHER_FINGERPRINT',
    what: expect.stringContaining('format 2'),
  });
  expect(await parsing(saying((said) => ({ ...said, extra: 1 })))).toMatchObject({ code: 'BAD_FILE' });
  expect(await parsing(saying((said) => ({ ...said, draws: said.draws.slice(0, 1) })))).toMatchObject({
    code: 'BAD_FILE',
  });
  const lacking = new Map(rounded.tensors);
  lacking.delete('response.base');
  expect(await parsing(saying((said) => said, lacking))).toMatchObject({
    what: expect.stringContaining('response.base'),
  });
  const infinite = new Map(rounded.tensors);
  infinite.set('outputs', {
    shape: infinite.get('outputs')!.shape,
    data: infinite.get('outputs')!.data.map(() => NaN),
  });
  expect(await parsing(saying((said) => said, infinite))).toMatchObject({ what: expect.stringContaining('finite') });
});

test('a fingerprint of something else is refused', async () => {
  const against = (given: object, model = released) =>
    failure(() => compare(recorded(rounded), model, { on, ...quick, ...given }));
  const refused = (what: string) => ({ code: 'OTHER_FINGERPRINT', what: expect.stringContaining(what) });
  const like = (change: object) =>
    task({
      name: 'says the same',
      inputs: pairs(range(vocabulary), range(vocabulary)),
      behaviour: klToClean(),
      threshold: { atMost: 0.02 },
      ...change,
    });
  expect(await against({ on: like({ name: 'another' }) })).toMatchObject(refused('"another" is asked for'));
  expect(await against({ on: like({ threshold: { atMost: 0.03 } }) })).toMatchObject(refused('at most 0.03'));
  expect(await against({ on: like({ inputs: pairs(range(vocabulary), range(vocabulary - 1)) }) })).toMatchObject(
    refused('other inputs'),
  );
  expect(await against({ inputs: 26 })).toMatchObject(refused('inputs 25'));
  expect(await against({ measure: 'ridge' })).toMatchObject(refused('measure ["cka"]'));
  expect(await against({ pool: 'mean' })).toMatchObject(refused('pool'));
  expect(await against({ set: { by: 'mean' } })).toMatchObject(refused('set.by'));
  const onnx = Object.create(released, { kind: { value: 'onnx' } }) as Transformer;
  expect(await against({}, onnx)).toMatchObject(refused('kind transformer'));
  expect(await failure(() => compare(released, recorded(rounded), { on, ...quick }))).toMatchObject({
    code: 'BAD_OPTION',
  });
  expect(await against({ power: true })).toMatchObject({ code: 'BAD_OPTION' });
  expect(await against({ bank: 'copies' })).toMatchObject({ code: 'BAD_OPTION' });
  const elsewhere = await fingerprint(released, { ...making, draws: 2, inputs: 26, responses: 1 });
  expect(await failure(() => compareFingerprints(rounded, elsewhere))).toMatchObject(refused('other inputs'));
  expect(await failure(() => compareFingerprints(rounded, rounded, { measure: 'ridge' }))).toMatchObject(
    refused('cka'),
  );
});

test('the digest of inputs is as docs/fingerprint.md has it', () => {
  const long = Array.from({ length: 65 }, (_, i) => i);
  const base64 = createHash('sha256')
    .update(new Uint8Array(Float64Array.from(long).buffer))
    .digest('base64');
  expect(inputsDigest([[1, 2, 3], long])).toBe(
    createHash('sha256').update(`3 [1,2,3]\n65 [65 ${base64}]\n`).digest('hex'),
  );
});

test('values beyond float32 are kept as float64', async () => {
  const asked = { on, draws: 6, inputs: 25, measure: 'ridge', responses: 2 } as const;
  const huge = await randomTransformer('huge', 5, sizes);
  const made = await fingerprint(huge, asked);
  // its activations are so large that rounding is more than the penalty of the regression
  expect(made.exact).toBe(true);
  expect(await failure(() => fingerprint(huge, { ...asked, precision: 'float32' }))).toMatchObject({
    code: 'OTHER_FINGERPRINT',
  });
});
