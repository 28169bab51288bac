/** The suite from end to end on planted models: a tagger on the same trunk, on another, and one that names wrong groups; interrupted and gone on with; what it refuses and what it skips. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FileError, OptionError, TaskError } from '../../../src/errors.js';
import { readSafetensors } from '../../../src/io/safetensors.js';
import { writeSafetensors } from '../../../src/io/safetensors-write.js';
import { toPage } from '../../../suites/parts-of-speech/page.js';
import { comparisonOf, resultSchema, type Result, type Settings } from '../../../suites/parts-of-speech/result.js';
import { runPartsOfSpeech } from '../../../suites/parts-of-speech/run.js';
import { toText } from '../../../suites/parts-of-speech/text.js';
import type { SuiteContext, SuiteEstimate } from '../../../suites/suite.js';
import { errorOf } from '../../helpers/error-of';
import { instead } from '../instead.js';
import { sentences, tagged, writeLanguageModel, writeTagger } from './planted';
import { writeAskedModel } from './planted-asked';

const folder = mkdtempSync(join(tmpdir(), 'parts-of-speech-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const settings: Settings = {
  model: at('language'),
  taggers: [at('same'), at('another'), at('gone')],
  controls: [at('wrong')],
  prompts: false,
  text: [at('text')],
  slices: 'read',
  inputs: 40,
  draws: 6,
  seed: 1,
};
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
  writeLanguageModel(at('language'), 1);
  writeTagger(at('same'), 1);
  writeTagger(at('another'), 2);
  writeTagger(at('wrong'), 1, { wrong: true });
  writeFileSync(at('text'), tagged(sentences(36, 4)));
  mkdirSync(at('whole'));
  estimates = [];
  whole = await runPartsOfSpeech(settings, context('whole/parts-of-speech.json'));
}, 600_000);

test('it is complete, kept as it is, and said before what it would come to', () => {
  expect(whole.complete).toBe(true);
  const kept = resultSchema.parse(JSON.parse(readFileSync(at('whole/parts-of-speech.json'), 'utf8')));
  expect(kept).toEqual(JSON.parse(JSON.stringify(whole)));
  expect(estimates).toEqual([whole.estimate]);
  expect(whole.estimate.rows).toBeGreaterThan(0);
});

test('the language model predicts better than how often words occur, taggers name every group, and the control names none', () => {
  expect(whole.model.loss).toBeLessThan(whole.model.byFrequency);
  expect(whole.taggers.map(({ name, accuracy, control }) => [name, accuracy, control])).toEqual([
    ['same', 1, false],
    ['another', 1, false],
    ['wrong', 0, true],
  ]);
  expect(whole.taggers[2]!.fault).toMatch(/does not identify parts of speech/);
  expect(whole.skipped).toEqual([{ path: at('gone'), why: expect.stringContaining('no such model') }]);
});

test('slices of which the text has too little are left out with their number, and the level is shared by the others', () => {
  const judged = whole.slices.filter(({ leftOut }) => leftOut === undefined);
  expect(judged.map(({ name }) => name)).toEqual(['all tokens', 'noun']);
  expect(whole.slices.find(({ name }) => name === 'closing punctuation')!.leftOut).toMatch(
    /^\d\d places with another as long/,
  );
  expect(whole.slices.find(({ name }) => name === 'preposition')!.leftOut).toMatch(
    /^0 places with another as long .* at least 40 are needed$/,
  );
  expect(whole.level).toBe(0.05 / judged.length);
  for (const { verdict, leftOut, slice } of whole.comparisons)
    expect([slice, verdict === undefined]).toEqual([slice, leftOut !== undefined]);
});

test('on the same trunk heads put out the same in both tasks; another trunk is farther away, and wrong labels on the same one are not', () => {
  const judged = whole.slices.filter(({ leftOut }) => leftOut === undefined);
  for (const { name } of judged) {
    const same = comparisonOf(whole, 'same', name)!.verdict!;
    for (const { own, moved } of same.vectors!) expect(moved).toBeCloseTo(own, 6);
    const another = comparisonOf(whole, 'another', name)!.verdict!;
    expect(another.distances[2]).toBeGreaterThan(same.distances[2]);
    // the wrong labels of one trunk are answers as good as the right ones: only the behaviour tells them apart
    expect(comparisonOf(whole, 'wrong', name)!.verdict!.distances[2]).toBeLessThan(another.distances[2]);
  }
});

/** Without what depends on the clock. */
const timeless = (result: Result): unknown =>
  JSON.parse(JSON.stringify(result, (key, value) => (['seconds', 'cpuSeconds', 'rows'].includes(key) ? 0 : value)));

test('interrupted and gone on with, it is the same; complete, it does nothing more', async () => {
  mkdirSync(at('part'));
  cpSync(at('whole/cache'), at('part/cache'), { recursive: true });
  const controller = new AbortController();
  const part = await runPartsOfSpeech(
    settings,
    context('part/parts-of-speech.json', {
      signal: controller.signal,
      progress: (done) => {
        // when one of six comparisons is done: it tells of its parts as well
        if (done >= 1 / 6) controller.abort();
      },
    }),
  );
  expect(part.complete).toBe(false);
  expect(part.comparisons).toHaveLength(1);
  expect(timeless(await runPartsOfSpeech(settings, context('part/parts-of-speech.json')))).toEqual(timeless(whole));
  const again = await runPartsOfSpeech(
    settings,
    context('part/parts-of-speech.json', {
      progress: () => {
        throw new Error('something was done again');
      },
    }),
  );
  expect(timeless(again)).toEqual(timeless(whole));
}, 600_000);

test('models and text are known by their content: others under the same path are refused, before anything is said to go on', async () => {
  const kept = readFileSync(at('whole/parts-of-speech.json'), 'utf8');
  const resumed: string[] = [];
  const again = () =>
    runPartsOfSpeech(settings, context('whole/parts-of-speech.json', { resumed: () => resumed.push('resumed') }));
  const refusedAs = (what: RegExp) => async (): Promise<void> => {
    await expect(again()).rejects.toThrow(errorOf(FileError, what));
  };
  // retrained
  await instead(
    at('same/model.safetensors'),
    readFileSync(at('wrong/model.safetensors')),
    refusedAs(/other weights, labels or tokens.*: \S*same changed since/),
  );
  await instead(
    at('language/model.safetensors'),
    readFileSync(at('language/model.safetensors')).map((byte, i, { length }) => (i === length - 4 ? byte ^ 1 : byte)),
    refusedAs(/: \S*language changed since/),
  );
  // the same answers, called otherwise
  const config = readFileSync(at('another/config.json'), 'utf8');
  await instead(
    at('another/config.json'),
    config.replace('"noun"', '"adverb"'),
    refusedAs(/: \S*another changed since/),
  );
  // as many sentences as before, and other words behind those that the page shows
  const lines = readFileSync(at('text'), 'utf8').split('\n');
  const last = lines.at(-1)!;
  const other = last.replaceAll('dog/nn', 'cat/nn').replaceAll('saw/vbd', 'left/vbd').replaceAll('the/at', 'a/at');
  expect(other).not.toBe(last);
  await instead(at('text'), [...lines.slice(0, -1), other].join('\n'), refusedAs(/made other inputs/));
  expect(readFileSync(at('whole/parts-of-speech.json'), 'utf8')).toBe(kept);
  expect(resumed).toEqual([]);
  await again();
  expect(resumed).toEqual(['resumed']);
}, 600_000);

test('text and page name taggers, slices, what was left out and skipped; words of the text have the colour of a verdict', () => {
  for (const text of [toText(whole, 160), toPage(whole)])
    for (const word of ['language', 'same', 'another', 'wrong', 'gone', 'closing punctuation', 'control', 'left out'])
      expect(text).toContain(word);
  const { outcome } = comparisonOf(whole, 'same', 'noun')!.verdict!;
  expect(toPage(whole)).toMatch(new RegExp(`title="noun: ${outcome}" style="border-bottom:3px solid #[0-9a-f]{6}"`));
});

test('other settings, text without tags, too little text, another tokenizer, a model without labels and nobody to ask are refused', async () => {
  const refused = (more: Partial<Settings>) =>
    runPartsOfSpeech({ ...settings, ...more }, context(`none-${JSON.stringify(more).length}.json`));
  await expect(runPartsOfSpeech({ ...settings, seed: 2 }, context('whole/parts-of-speech.json'))).rejects.toThrow(
    errorOf(FileError, 'seed 1'),
  );
  writeFileSync(at('plain'), 'The dog saw a cat .');
  await expect(refused({ text: [at('plain')] })).rejects.toThrow(
    errorOf(FileError, /6 of the file's 6 words have no tag/),
  );
  writeFileSync(at('little'), tagged(sentences(3, 1)));
  await expect(refused({ text: [at('little')] })).rejects.toThrow(
    errorOf(TaskError, /places that can be read.*left out/),
  );
  await expect(refused({ model: at('gone') })).rejects.toThrow(errorOf(OptionError, 'the language model is not here'));
  await expect(refused({ taggers: [at('language')] })).rejects.toThrow(errorOf(OptionError, 'names no labels'));
  await expect(refused({ taggers: [at('gone')], controls: [] })).rejects.toThrow(
    errorOf(OptionError, /nobody is here.*no such model/),
  );
  const other = join(__dirname, '../../../lab/language-models/models/gpt2-avoid-small-1');
  await expect(refused({ model: other })).rejects.toThrow(errorOf(OptionError, /another tokenizer/));
  // a tagger predicts no words
  await expect(refused({ model: at('same'), taggers: [at('another')], controls: [] })).rejects.toThrow(
    errorOf(OptionError, /same gives 4 answers, which are not the words of its tokenizer/),
  );
});

test('on prompts: a model that can be asked names every group, is compared with itself by slices, and its checks and page say so', async () => {
  writeAskedModel(at('asked'), 1);
  mkdirSync(at('on-prompts'));
  const options = { ...settings, model: at('asked'), taggers: [], controls: [], prompts: true };
  const found = await runPartsOfSpeech(options, context('on-prompts/parts-of-speech.json'));
  expect(found.complete).toBe(true);
  expect(found.skipped).toEqual([]);
  expect(found.model.loss).toBeLessThan(found.model.byFrequency);
  expect(found.taggers).toEqual([{ name: 'asked on prompts', control: false, accuracy: 1 }]);
  // of the other groups the text has no example, and the tokenizer no name
  expect(found.text.excluded.filter(({ why }) => why.startsWith('no token for the answer'))).toHaveLength(12);
  const judged = found.comparisons.filter(({ verdict }) => verdict !== undefined);
  expect(judged.map(({ slice }) => slice)).toEqual(['all tokens', 'noun']);
  for (const { verdict, accuracy } of judged) {
    expect(accuracy).toBe(1);
    expect(verdict!.draws.every((draws) => draws > 0)).toBe(true);
    // heads put out something else at the question than at the word
    expect(verdict!.vectors![0].moved).not.toBeCloseTo(verdict!.vectors![0].own, 3);
  }
  for (const text of [toText(found, 160), toPage(found)]) expect(text).toContain('asked on prompts');
}, 600_000);

test('on prompts: one whose context the prompt fills is told, and skipped', async () => {
  const config = readFileSync(at('asked/config.json'), 'utf8');
  mkdirSync(at('short'));
  cpSync(at('asked'), at('short'), { recursive: true });
  const { tensors } = await readSafetensors(at('asked/model.safetensors'));
  const whole = tensors.get('transformer.wpe.weight')!;
  const [, width] = whole.shape as readonly [number, number];
  const short = { shape: [26, width], data: whole.data.slice(0, 26 * width) };
  await writeSafetensors(
    at('short/model.safetensors'),
    new Map([...tensors].map(([name, one]) => [name, name === 'transformer.wpe.weight' ? short : one])),
    {},
  );
  writeFileSync(at('short/config.json'), config.replace('"n_positions":64', '"n_positions":26'));
  await expect(
    runPartsOfSpeech(
      { ...settings, model: at('short'), taggers: [], controls: [], prompts: true },
      context('short.json'),
    ),
  ).rejects.toThrow(errorOf(OptionError, /short on prompts: its prompt takes 26 tokens of a context of 26/));
});

test('on prompts: a tokenizer without names of parts of speech is told, and skipped', async () => {
  const found = await runPartsOfSpeech(
    { ...settings, taggers: [], controls: [at('wrong')], prompts: true, slices: 'next' },
    context('prompts.json', { signal: AbortSignal.abort() }),
  ).catch((error: unknown) => error);
  expect(found).toMatchObject({ code: 'CANCELLED' });
  await expect(
    runPartsOfSpeech({ ...settings, taggers: [], controls: [], prompts: true }, context('prompts.json')),
  ).rejects.toThrow(errorOf(OptionError, /too few names of parts of speech/));
});
