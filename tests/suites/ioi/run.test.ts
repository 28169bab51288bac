/** The suite from end to end on a model, a copy of it and a broken one, interrupted and gone on with; what it refuses and what it skips. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { opened } from './opened.js';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { command } from '../../../cli/command.js';
import { FileError, OptionError } from '../../../src/errors.js';
import { findModels } from '../../../suites/ioi/models.js';
import { toPage } from '../../../suites/ioi/page.js';
import { resultSchema, type Result, type Settings } from '../../../suites/ioi/result.js';
import { runIoi } from '../../../suites/ioi/run.js';
import { toText } from '../../../suites/ioi/text.js';
import type { SuiteContext, SuiteEstimate } from '../../../suites/suite.js';
import { pictureOf } from '../../../suites/ioi/picture.js';
import { errorOf } from '../../helpers/error-of';
import { instead } from '../instead.js';

const models = join(__dirname, '../../../lab/language-models/models');
const folder = mkdtempSync(join(tmpdir(), 'ioi-'));
afterAll(() => rmSync(folder, { recursive: true }));

const original = join(models, 'gpt2-avoid-small-1');
const copy = join(folder, 'copy');
const broken = join(folder, 'broken');
const missing = join(folder, 'pythia-160m');

/** Embeddings of all tokens in another order: the model reads other words than are written. */
function breakWeights(path: string): void {
  const file = join(path, 'model.safetensors');
  const bytes = readFileSync(file);
  const header = Number(bytes.readBigUInt64LE(0));
  const { data_offsets: offsets, shape } = JSON.parse(bytes.subarray(8, 8 + header).toString())[
    'transformer.wte.weight'
  ];
  const table = bytes.subarray(8 + header + offsets[0], 8 + header + offsets[1]);
  const row = table.length / shape[0];
  const rows = Buffer.from(table);
  for (let i = 0; i < shape[0]; i++)
    rows.copy(table, i * row, ((i * 37 + 11) % shape[0]) * row, (((i * 37 + 11) % shape[0]) + 1) * row);
  writeFileSync(file, bytes);
}

const settings: Settings = { models: [original, copy, broken, missing], inputs: 40, draws: 5, seed: 1 };
let estimates: SuiteEstimate[];
const context = (path: string, more: Partial<SuiteContext> = {}): SuiteContext => ({
  path: join(folder, path),
  signal: undefined,
  progress: () => undefined,
  estimated: (estimate) => estimates.push(estimate),
  resumed: () => undefined,
  ...more,
});

let whole: Result;
beforeAll(async () => {
  for (const path of [copy, broken]) {
    mkdirSync(path);
    cpSync(original, path, { recursive: true });
  }
  breakWeights(broken);
  mkdirSync(join(folder, 'whole'));
  estimates = [];
  whole = await runIoi(settings, context('whole/ioi.json'));
});

test('it is complete, kept as it is, and said before what it would come to', () => {
  expect(whole.complete).toBe(true);
  expect(resultSchema.parse(JSON.parse(readFileSync(join(folder, 'whole/ioi.json'), 'utf8')))).toEqual(whole);
  expect(estimates).toEqual([whole.estimate]);
  expect(toText(whole, 160)).toMatch(/it took .* of that\) and \d+ rows \(/);
  expect(whole.estimate.rows).toBeGreaterThan(0);
  expect(whole.rows).toBeGreaterThan(0);
});

test('two models are open at once at most, and none is left open', () => {
  expect(opened).toEqual({ now: 0, most: 2 });
});

test('a model that does not do the task is not judged, one that is not there is skipped, both with a reason', () => {
  const [first, second, third] = whole.models;
  expect(first!.accuracy).toBe(1);
  expect(first!.logitDifference).toBeGreaterThan(1);
  expect(second).toMatchObject({ accuracy: 1, logitDifference: first!.logitDifference, family: 'gpt2' });
  expect(third!.leftOut).toMatch(/does not do the task.*at least 0\.9/);
  expect(third!.heads).toEqual([]);
  expect(whole.skipped).toEqual([{ path: missing, why: expect.stringContaining('no such model') }]);
  expect(whole.pairs.map(({ row, column }) => [row, column])).toEqual([['gpt2-avoid-small-1', 'copy']]);
});

test('a copy responds alike in every role, and is at no distance', () => {
  const [pair] = whole.pairs;
  expect(pair!.outcome).not.toBe('different');
  expect(pair!.response.outcome).toBe('alike');
  // four kinds of parts at three layers, without the stream after the last
  expect(pair!.response.roles).toHaveLength(11);
  for (const { outcome, discrepancy } of pair!.response.roles) {
    expect(outcome).toBe('alike');
    expect(discrepancy.estimate).toBe(0);
  }
  expect(pair!.cka).toBeCloseTo(1);
  for (const { cka } of pair!.kinds) expect(cka).toBeCloseTo(1);
  expect(pair!.code).toBeGreaterThan(0.95);
});

test('heads: one alone restores no more than all there is and some restore something, from both sides', () => {
  const { heads } = whole.models[0]!;
  expect(heads).toHaveLength(6);
  expect(Math.max(...heads.map(({ restores }) => restores))).toBeGreaterThan(0.2);
  expect(Math.max(...heads.map(({ breaks }) => breaks))).toBeGreaterThan(0.2);
  expect(whole.models[1]!.heads).toEqual(heads);
});

/** Without what depends on the clock. */
const timeless = (result: Result): unknown =>
  JSON.parse(JSON.stringify(result, (key, value) => (['seconds', 'cpuSeconds', 'rows'].includes(key) ? 0 : value)));

test('interrupted and gone on with, it is the same; complete, it does nothing more', async () => {
  mkdirSync(join(folder, 'part'));
  // draws of the pair, as in tests/suites/parts-of-speech: that a comparison comes out the same twice, tests of compare show
  cpSync(join(folder, 'whole/cache'), join(folder, 'part/cache'), { recursive: true });
  const controller = new AbortController();
  const part = await runIoi(
    settings,
    context('part/ioi.json', { signal: controller.signal, progress: () => controller.abort() }),
  );
  expect(part.complete).toBe(false);
  expect(part.models).toHaveLength(1);
  const rest = await runIoi(settings, context('part/ioi.json'));
  expect(timeless(rest)).toEqual(timeless(whole));
  const again = await runIoi(
    settings,
    context('part/ioi.json', {
      progress: () => {
        throw new Error('something was done again');
      },
    }),
  );
  expect(timeless(again)).toEqual(timeless(whole));
});

test('text, page and checks name models, words left out, all four numbers, and what was skipped', () => {
  for (const text of [toText(whole, 160), toPage(whole)])
    for (const word of ['gpt2-avoid-small-1', 'copy', 'broken', 'pythia-160m', 'responses', 'published code', 'CKA'])
      expect(text).toContain(word);
  for (const part of ['parts', 'gpt2-avoid-small-1, copy: ', '<style>']) expect(pictureOf(whole)).toContain(part);
  expect(toText(whole, 160)).toMatch(/left out, as some model has no such token: \d+ names/);
});

test('other settings, damaged results and too few models are refused', async () => {
  await expect(runIoi({ ...settings, seed: 2 }, context('whole/ioi.json'))).rejects.toThrow(
    errorOf(FileError, 'seed 1'),
  );
  writeFileSync(join(folder, 'damaged.json'), '{}');
  await expect(runIoi(settings, context('damaged.json'))).rejects.toThrow(errorOf(FileError, 'damaged'));
  await expect(runIoi({ ...settings, models: [original, missing] }, context('none.json'))).rejects.toThrow(
    errorOf(OptionError, /1 model of 2 is here; .*pythia-160m/),
  );
  writeFileSync(join(folder, 'cut.json'), '{"suite":');
  await expect(runIoi(settings, context('cut.json'))).rejects.toMatchObject({
    hint: expect.stringContaining('begin anew'),
  });
  await expect(runIoi({ ...settings, models: [original, original] }, context('none.json'))).rejects.toThrow(
    errorOf(OptionError, 'named twice'),
  );
});

test('a model is known by its content: other weights, or other tokens, under the same path are refused by its name, before anything is said to go on', async () => {
  const kept = readFileSync(join(folder, 'whole/ioi.json'), 'utf8');
  const resumed: string[] = [];
  const again = () => runIoi(settings, context('whole/ioi.json', { resumed: () => resumed.push('resumed') }));
  const refused = async (): Promise<void> => {
    await expect(again()).rejects.toThrow(errorOf(FileError, /other weights, labels or tokens.*copy changed since/));
    await expect(again()).rejects.toThrow(errorOf(FileError, /^(?!.*gpt2-avoid-small-1 changed)/));
  };
  await instead(join(copy, 'model.safetensors'), readFileSync(join(broken, 'model.safetensors')), refused);
  // the other family has the same words by other numbers
  await instead(
    join(copy, 'tokenizer.json'),
    readFileSync(join(models, 'gpt-neox-avoid-small-1/tokenizer.json')),
    refused,
  );
  expect(readFileSync(join(folder, 'whole/ioi.json'), 'utf8')).toBe(kept);
  expect(resumed).toEqual([]);
  await again();
  expect(resumed).toEqual(['resumed']);
});

test('the command says that it goes on from a result which it does not refuse, and of none that it does', async () => {
  let said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const run = (seed: number) =>
    command([
      'suite',
      'ioi',
      '--out',
      join(folder, 'whole'),
      '--models',
      ...settings.models,
      '--inputs',
      '40',
      '--draws',
      '5',
      '--seed',
      String(seed),
    ]);
  try {
    expect([await run(1), said]).toEqual([0, expect.stringMatching(/^going on from \S*ioi\.json\n$/)]);
    said = '';
    expect(await run(2)).toBe(2);
    expect(said).toMatch(/an earlier run had other settings: seed 1/);
    expect(said).not.toMatch(/going on from|estimate/);
  } finally {
    jest.restoreAllMocks();
  }
});

test('a result is not gone on with where a model that was skipped has come, nor with other prompts', async () => {
  const kept = join(folder, 'whole/ioi.json');
  const before = readFileSync(kept, 'utf8');
  const other = join(folder, 'other.json');
  writeFileSync(other, JSON.stringify({ ...whole, prompts: { ...whole.prompts, count: whole.prompts.count + 1 } }));
  await expect(runIoi(settings, context('other.json'))).rejects.toThrow(errorOf(FileError, 'other inputs'));
  cpSync(original, missing, { recursive: true });
  try {
    await expect(runIoi(settings, context('whole/ioi.json'))).rejects.toThrow(errorOf(FileError, 'other models'));
    expect(readFileSync(kept, 'utf8')).toBe(before);
  } finally {
    rmSync(missing, { recursive: true });
  }
});

test('models are looked for in the folder of CONGRUITY_MODELS too; two of one name are called by their paths, and one folder by two paths is refused', () => {
  const { found, skipped } = findModels(['gpt2-avoid-small-1', 'gpt2'], 'models', models);
  expect(found.map(({ path }) => path)).toEqual([original]);
  expect(skipped).toEqual([{ path: 'gpt2', why: expect.stringContaining('CONGRUITY_MODELS') }]);
  const twin = join(folder, 'twins', 'gpt2-avoid-small-1');
  mkdirSync(twin, { recursive: true });
  const twins = findModels([original, twin], 'models', '').found;
  expect(twins.map(({ name }) => name)).toEqual([original, twin]);
  expect(() => findModels([original, `${models}/../models/gpt2-avoid-small-1`], 'models', '')).toThrow(
    errorOf(OptionError, 'are the same folder'),
  );
});
