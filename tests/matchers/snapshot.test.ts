/** toMatchInterpretationSnapshot: what is written, compared, updated and refused. Jest's and Vitest's own states of snapshots differ in nothing that is looked at here. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { task } from '../../generators/task.js';
import type { MatcherContext, MatcherResult } from '../../matchers/context.js';
import { countSnapshot, reportObsolete } from '../../matchers/snapshots.js';
import { toMatchInterpretationSnapshot } from '../../matchers/toMatchInterpretationSnapshot.js';
import type { Transformer } from '../../src/model/formats/transformer/run/model.js';
import { klToClean, pairs, range } from '../../src/task/index.js';
import { randomTransformer, vocabulary } from '../helpers/random-transformer.js';

const sizes = { n_layers: 1, d_mlp: 8, n_heads: 2 } as const;
const on = task({
  name: 'says the same',
  inputs: pairs(range(vocabulary), range(vocabulary)),
  behaviour: klToClean(),
  threshold: { atMost: 0.02 },
});
let released: Transformer;
let other: Transformer;
beforeAll(async () => {
  released = await randomTransformer('released', 0, sizes);
  other = await randomTransformer('other', 2, sizes);
});
const cache = mkdtempSync(join(tmpdir(), 'snapshot-cache-'));
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'snapshot-'))));
afterAll(() => {
  [released, other].forEach((model) => model.dispose());
  rmSync(cache, { recursive: true, force: true });
});

const options = {
  on,
  inputs: 25,
  measure: 'cka',
  budget: { draws: 12 },
  alsoReport: [],
  shrink: false,
  cache,
} as const;
interface State {
  readonly _updateSnapshot: string;
  added: number;
  updated: number;
  matched: number;
  unmatched: number;
}
const state = (mode = 'new'): State => ({ _updateSnapshot: mode, added: 0, updated: 0, matched: 0, unmatched: 0 });

/** Each call is as of a test file of its own process: a test asks for its first snapshot. */
let files = 0;
async function match(
  model: unknown,
  snapshotState: State,
  given: object = {},
  file = `t${files}`,
): Promise<MatcherResult> {
  const colour = (text: string): string => text;
  const context = {
    testPath: join(folder, `${file}.test.ts`),
    currentTestName: 'stays',
    currentConcurrentTestName: () => 'stays',
    snapshotState,
    isNot: false,
    utils: { matcherHint: (name: string) => name, EXPECTED_COLOR: colour, RECEIVED_COLOR: colour },
  } as MatcherContext;
  return toMatchInterpretationSnapshot.call(context, model, { ...options, ...given } as never);
}
const failure = (work: () => Promise<unknown>): Promise<unknown> =>
  work().then(
    (result) => result,
    (error: unknown) => error,
  );
const snapshots = (file = `t${files}`): string[] => {
  const at = join(folder, '__fingerprints__', `${file}.test.ts`);
  return existsSync(at) ? readdirSync(at).map((name) => join(at, name)) : [];
};

test('written, matched, violated, updated; what is no snapshot any more is refused and left as it is', async () => {
  files++;
  // under --ci nothing is written
  const ci = state('none');
  expect(await failure(() => match(released, ci))).toMatchObject({ code: 'OTHER_FINGERPRINT' });
  expect(snapshots()).toEqual([]);
  const first = state();
  expect(await match(released, first)).toMatchObject({ pass: true, outcome: 'written' });
  // counters go on within a process: the second call of a test is its second snapshot
  const [path, ...more] = snapshots() as [string];
  expect(more).toEqual([]);
  expect(path).toMatch(/stays-[0-9a-f]{8}\.2\.safetensors$/);
  expect(first).toMatchObject({ added: 1, matched: 0 });
  const whole = readFileSync(path);

  /** The snapshot under the name of the next one that is asked for. */
  let asked = 2;
  const again = async (model: unknown, mode = 'new', given: object = {}) => {
    asked++;
    const next = join(dirname(path), path.slice(dirname(path).length + 1).replace('.2.', `.${asked}.`));
    writeFileSync(next, whole);
    const counted = state(mode);
    return { result: await failure(() => match(model, counted, given)), counted, next };
  };
  const same = await again(released, 'none');
  expect(same.result).toMatchObject({ pass: true, outcome: 'equivalent' });
  expect(same.counted).toMatchObject({ matched: 1 });
  const unlike = await again(other);
  expect(unlike.result).toMatchObject({ pass: false });
  expect((unlike.result as MatcherResult).message()).toMatch(
    /snapshot +if the model is meant to differ: -u writes it anew/,
  );
  expect(unlike.counted).toMatchObject({ unmatched: 1, updated: 0 });
  expect(readFileSync(unlike.next).equals(whole)).toBe(true);
  const renewed = await again(other, 'all');
  expect(renewed.result).toMatchObject({ pass: true, outcome: 'written' });
  expect(renewed.counted).toMatchObject({ updated: 1 });
  expect(readFileSync(renewed.next).equals(whole)).toBe(false);
  // -u leaves what still matches
  const kept = await again(released, 'all');
  expect(kept.result).toMatchObject({ outcome: 'equivalent' });
  expect(readFileSync(kept.next).equals(whole)).toBe(true);
  // of other inputs: an error, and written anew by -u
  expect((await again(released, 'new', { inputs: 30 })).result).toMatchObject({ code: 'OTHER_FINGERPRINT' });
  expect((await again(released, 'all', { inputs: 30 })).result).toMatchObject({ outcome: 'written' });

  // damaged: an error, also under -u, and nothing is lost
  for (const mode of ['new', 'all', 'none']) {
    asked++;
    const next = path.replace('.2.', `.${asked}.`);
    writeFileSync(next, whole);
    truncateSync(next, whole.length - 5);
    expect(await failure(() => match(released, state(mode)))).toMatchObject({ code: 'BAD_FILE' });
    expect(readFileSync(next)).toHaveLength(whole.length - 5);
  }
  // edited by hand
  asked++;
  const edited = Buffer.from(whole);
  edited.write('says THE same', edited.indexOf('says the same'));
  writeFileSync(path.replace('.2.', `.${asked}.`), edited);
  expect(await failure(() => match(released, state('all')))).toMatchObject({
    code: 'BAD_FILE',
    hint: expect.stringContaining('remove it and run the test outside CI'),
  });
});

test('counted in Vitest, whose counters are objects that read as numbers and take one', () => {
  let total = 0;
  const snapshotState = {
    get added(): object {
      return { valueOf: () => total };
    },
    set added(value: unknown) {
      total = value as number;
    },
  };
  const place = { testPath: '', test: '', matcher: '', context: { snapshotState } as unknown as MatcherContext };
  countSnapshot(place, 'added');
  countSnapshot(place, 'added');
  // there is none to count
  countSnapshot(place, 'matched');
  expect([total, 'matched' in snapshotState]).toEqual([2, false]);
});

test('.not, and what is no model, are refused', async () => {
  files++;
  const context = { isNot: true, testPath: join(folder, 'n.test.ts'), currentConcurrentTestName: () => 'n' };
  const call = toMatchInterpretationSnapshot.call(context as unknown as MatcherContext, released, { on } as never);
  expect(await failure(() => call)).toMatchObject({ code: 'BAD_OPTION' });
  expect(await failure(() => match({}, state()))).toMatchObject({ code: 'BAD_OPTION' });
  expect(snapshots()).toEqual([]);
});

test('obsolete snapshots are named, and removed under -u; those of tests that did not run are neither', async () => {
  files++;
  await match(released, state());
  const [used] = snapshots() as [string];
  const gone = used.replace('stays', 'went').replace(/-[0-9a-f]{8}\./, '-00000000.');
  writeFileSync(gone, 'of a test that is gone');
  const beside = join(dirname(used), 'notes.txt');
  writeFileSync(beside, 'not ours');
  const said: string[] = [];
  const testPath = join(folder, `t${files}.test.ts`);
  const report = (mode: 'new' | 'all', finished: boolean) =>
    reportObsolete(
      testPath,
      mode,
      () => finished,
      ['stays'],
      (text) => void said.push(text),
    );
  report('new', true);
  expect(said).toEqual([expect.stringMatching(/^1 interpretation snapshot is obsolete, -u removes: .*went/)]);
  report('all', true);
  expect(existsSync(gone)).toBe(false);
  expect([existsSync(used), existsSync(beside)]).toEqual([true, true]);
  // more snapshots than the test asks for
  const third = used.replace(/\.\d+\.safetensors$/, '.9.safetensors');
  writeFileSync(third, readFileSync(used));
  report('all', false);
  expect(existsSync(third)).toBe(true);
  report('all', true);
  expect(existsSync(third)).toBe(false);
});
