import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { FileError, FingerprintError, OptionError, isCongruityError } from '../src/errors.js';
import { isFingerprintFile, readFingerprint, writeFingerprint } from '../src/fingerprint/file.js';
import type { Fingerprint } from '../src/fingerprint/fingerprint.js';
import { fingerprint } from '../src/fingerprint/make.js';
import { recorded } from '../src/fingerprint/recorded.js';
import type { Model } from '../src/model/model.js';
import type { ShapeOf } from '../src/options.js';
import { compare } from '../src/verdict/compare.js';
import type { CompareOptions } from '../src/verdict/compare-options.js';
import type { Evidence } from '../src/verdict/evidence.js';
import { workInWords } from '../src/verdict/workload.js';
import { requireModel } from '../src/model/is-model.js';
import type { TestPlace } from './context.js';
import { defineLoneMatcher, type LoneMatcher, type Written } from './define.js';
import { comparison } from './kinds.js';
import { shownPath } from '../src/io/system.js';
import { makeFolder } from '../src/io/whole-file.js';
import { countSnapshot, nextSnapshot, updatingOf } from './snapshots.js';
import { equivalenceSchema, type ToBeInterpretivelyEquivalentOptions } from './toBeInterpretivelyEquivalent.js';

const NAME = 'toMatchInterpretationSnapshot';

/** Those of `toBeInterpretivelyEquivalent`, but for what asks for two models. */
export interface ToMatchInterpretationSnapshotOptions extends Omit<
  ToBeInterpretivelyEquivalentOptions,
  'bank' | 'power' | 'common'
> {
  /** tells snapshots of one test apart. @defaultValue they are counted */
  readonly name?: string | undefined;
  /** distinct inputs that representations are taken over. @defaultValue 100, or what the snapshot has */
  readonly inputs?: number | undefined;
  /** how much may be drawn. @defaultValue \{ draws: 20 \}, or what the snapshot has */
  readonly budget?: ToBeInterpretivelyEquivalentOptions['budget'];
}

const {
  bank: _1,
  power: _2,
  common: _3,
  budget,
  pool,
  measure,
  splits: _4,
  minAcceptance,
  ...shape
} = equivalenceSchema.shape;

const schema = z.strictObject({
  ...shape,
  // without defaults: the snapshot has its own
  budget: budget.unwrap().optional(),
  pool: pool.unwrap().optional(),
  measure: measure.unwrap().optional(),
  minAcceptance: minAcceptance.unwrap().optional(),
  splits: _4,
  name: z.string().min(1).optional(),
} satisfies ShapeOf<ToMatchInterpretationSnapshotOptions>);

type Options = z.output<typeof schema>;

const INPUTS = 100;
const DRAWS = 20;

async function write(
  path: string,
  model: Model,
  {
    on,
    seed,
    budget: drawn,
    inputs,
    sites,
    pool: pooled,
    measure: by,
    set,
    minAcceptance: least,
    signal,
    cache,
  }: Options,
  say: (doing: string) => void,
): Promise<void> {
  const size = on.size === undefined ? INPUTS : Math.min(INPUTS, on.size);
  const made = await fingerprint(model, {
    on,
    seed,
    draws: drawn?.draws ?? DRAWS,
    inputs: inputs ?? size,
    sites,
    pool: pooled,
    measure: by,
    set,
    minAcceptance: least,
    cache,
    signal,
    progress: (_, doing) => say(doing),
  });
  makeFolder(dirname(path), 'check the permissions of the folder of the test');
  writeFingerprint(path, made);
}

const GET_AGAIN = 'get it again from version control, or remove it and run the test outside CI';

/** A file that is no snapshot is never written over. @throws FileError */
async function requireOurs(path: string): Promise<void> {
  if (!existsSync(path) || (await isFingerprintFile(path))) return;
  throw new FileError({
    what: 'what lies in the place of the snapshot is no fingerprint, or is damaged',
    where: shownPath(path),
    hint: GET_AGAIN,
  });
}

/** @throws FileError, FingerprintError */
async function read(path: string, shown: string): Promise<Fingerprint> {
  try {
    return await readFingerprint(path, shown);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new FileError({ what: error.what, where: shown, hint: GET_AGAIN });
  }
}

async function matches(
  model: Model,
  options: Options,
  seed: number,
  place: TestPlace,
  say: (doing: string) => void,
): Promise<Evidence | Written> {
  const { name, cache, ...rest } = options;
  const path = nextSnapshot(place, name);
  const shown = shownPath(path);
  const updating = updatingOf(place);
  await requireOurs(path);
  if (!existsSync(path)) {
    if (updating === 'none')
      throw new FingerprintError({
        what: 'there is no snapshot of this test, and in CI none is written',
        where: shown,
        hint: 'run the test without --ci of Jest, or without CI=1, and commit what it writes',
      });
    await write(path, model, { ...options, seed }, say);
    countSnapshot(place, 'added');
    return { written: shown };
  }
  const compared = async (): Promise<Evidence> =>
    compare(recorded(await read(path, shown)), model, {
      ...(rest as CompareOptions),
      cache,
      seed,
      shrink: options.shrink ?? true,
      progress: (done, doing, work) => {
        say(workInWords(doing, work));
        options.progress?.(done, doing, work);
      },
    });
  if (updating !== 'all') {
    const evidence = await compared();
    countSnapshot(place, evidence.outcome === 'equivalent' ? 'matched' : 'unmatched');
    return evidence;
  }
  const evidence = await compared().catch((error: unknown) => {
    // what is of other inputs, another task or another version is written anew
    if (isCongruityError(error) && error.code === 'OTHER_FINGERPRINT') return undefined;
    throw error;
  });
  if (evidence?.outcome === 'equivalent') {
    countSnapshot(place, 'matched');
    return evidence;
  }
  await write(path, model, { ...options, seed }, say);
  countSnapshot(place, 'updated');
  return { written: shown };
}

/** As of two models, and how the snapshot is made that of this model. */
const comparedWithSnapshot: typeof comparison = {
  ...comparison,
  account(evidence, isNot) {
    const account = comparison.account(evidence, isNot);
    return { ...account, key: [...account.key, ['snapshot', 'if the model is meant to differ: -u writes it anew']] };
  },
};

/**
 * Passes if the model is established to do the task the way the model did whose fingerprint lies beside the test. Writes the fingerprint where there is none; `-u` writes it anew where the model does
 * not match it any more, and in CI (`jest --ci`, or `CI` set) it never writes. Must be awaited.
 *
 * Takes a Model of any kind.
 * @throws FileError, FingerprintError for a snapshot that is damaged, or of something else; whatever `compare` throws
 */
export const toMatchInterpretationSnapshot: LoneMatcher<ToMatchInterpretationSnapshotOptions> = defineLoneMatcher({
  name: NAME,
  schema,
  kind: comparedWithSnapshot,
  async run({ received, options, seed, signal, place, say }) {
    if (place.context.isNot)
      throw new OptionError({
        what: `${NAME} cannot be used with .not: a snapshot is what a model is to match`,
        where: NAME,
        hint: 'to show that two models differ: expect(model).not.toBeInterpretivelyEquivalent(other, { on })',
      });
    return matches(
      requireModel(received, 'what is compared with its snapshot', NAME),
      { ...options, signal },
      seed,
      place,
      say,
    );
  },
});
