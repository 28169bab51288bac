/**
 * The committed language models: each does the task, and holds at the last position after two blocks what its mechanism says. The library puts that from another prompt into a run, as the
 * trainer did by other code (`lab/language-models/train/fit.c`), and counts what is answered.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { argmax } from '../../../src/argmax.js';
import { load } from '../../../src/model/load.js';
import { random } from '../../../src/random.js';
import { rowOf } from '../../../src/task/behaviour.js';
import { promptsFor, wordsFor, type Prompt } from '../../../suites/ioi/prompts.js';

const folder = join(__dirname, '../../../lab/language-models/models');

interface Listed {
  readonly family: string;
  readonly mechanism: 'avoid' | 'copy';
  readonly size: string;
  readonly kept: boolean;
  readonly accuracy: number;
  readonly avoid: number;
  readonly copy: number;
}
const listed = Object.entries(
  JSON.parse(readFileSync(join(folder, 'models.json'), 'utf8')) as Readonly<Record<string, Listed>>,
).filter(([, { kept }]) => kept);

/** The first of each family, mechanism and size. */
const some = listed.filter(
  ([, a], i) =>
    listed.findIndex(([, b]) => a.family === b.family && a.mechanism === b.mechanism && a.size === b.size) === i,
);

/** The same prompt with other names. */
function renamed(prompt: Prompt, io: string, s: string): Prompt {
  const { text, indirectObject, subject } = prompt;
  return {
    ...prompt,
    text: text.replaceAll(subject, ' SUBJECT').replaceAll(indirectObject, io).replaceAll(' SUBJECT', s),
    indirectObject: io,
    subject: s,
  };
}

test('what was measured when they were trained is in the list, and above what was asked', () => {
  expect(some.length).toBeGreaterThan(0);
  for (const [, one] of listed) {
    expect(one.accuracy).toBeGreaterThanOrEqual(0.95);
    expect(one[one.mechanism]).toBeGreaterThanOrEqual(0.9);
  }
});

test('all that is committed, with the English ones, has less than 12 MB', () => {
  const bytes = [folder, join(folder, '../english/models')].flatMap((place) =>
    readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).size),
  );
  expect(bytes.length).toBeGreaterThan(100);
  expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(12e6);
});

test.each(some)('%s', async (name, { mechanism }) => {
  const model = await load(join(folder, name));
  const tokenizer = model.tokenizer!;
  const words = wordsFor([{ name, tokenizer }]);
  const bases = promptsFor(words, 96, 7);
  const stream = random(7, 'sources');
  const sources = bases.map((base) => {
    const others = words.names
      .map((one) => ` ${one}`)
      .filter((one) => ![base.indirectObject, base.subject].includes(one));
    // its repeated name is the base's right one
    return renamed(base, others[stream.below(others.length)]!, base.indirectObject);
  });
  const tokens = (prompts: readonly Prompt[]) => prompts.map(({ text }) => tokenizer.encode(text));
  const run = async (interventions: Parameters<typeof model.run>[1]) =>
    (await model.run(tokens(bases), { logits: -1, ...interventions })).logits;
  const share = (logits: Awaited<ReturnType<typeof run>>, right: (i: number) => string): number =>
    bases.filter((_, i) => argmax(rowOf(logits, i)) === tokenizer.token(right(i))).length / bases.length;

  expect(share(await run({}), (i) => bases[i]!.indirectObject)).toBeGreaterThanOrEqual(0.9);
  const after = await run({
    interventions: [
      { site: 'blocks.1.hook_resid_post', at: { position: [-1] }, by: { kind: 'resample', inputs: tokens(sources) } },
    ],
  });
  const by = {
    avoid: share(after, (i) => bases[i]!.subject),
    copy: share(after, (i) => sources[i]!.indirectObject),
  };
  // rates over 0.9 were asked of 640 other pairs, and below 0.75 on 96 of these has a probability below 1e-5
  expect(by[mechanism]).toBeGreaterThanOrEqual(0.75);
  expect(by[mechanism === 'avoid' ? 'copy' : 'avoid']).toBeLessThanOrEqual(0.25);
  model.dispose();
});
