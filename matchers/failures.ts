/**
 * What failed is kept beside the tests and tried first next time: `.congruity/failures`, one readable file per test. An entry goes when its value
 * does not fail any more; a file without entries goes too. On CI it is read and never written; where it cannot be written nothing is kept.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../src/io/whole-file.js';
import type { TestPlace } from './context.js';

/** One thing that failed. */
export interface Failure {
  readonly matcher: string;
  /** the claim, and of which model: what tells the entries of one test apart */
  readonly claim: string;
  /** for people */
  readonly description: string;
  readonly seed?: number | undefined;
  readonly path?: string | undefined;
  /** for the matcher, which knows how to make the value of it again */
  readonly value: unknown;
}

/** A folder to keep them in, or `off`. */
const FAILURES = 'CONGRUITY_FAILURES';

const about = 'Failed last time, tried first next time (congruity, docs/counterexamples.md). May be deleted.';

/** Nothing may depend on their size: a test name can be a page long. */
const slug = (text: string, most: number): string =>
  text
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, most);

/** The file of a test; undefined where there is no place for one. */
export function fileOfFailures({ testPath, test }: Pick<TestPlace, 'testPath' | 'test'>): string | undefined {
  const set = process.env[FAILURES];
  if (set === 'off' || testPath === undefined) return undefined;
  const folder = set ? set : join(dirname(testPath), '.congruity', 'failures');
  const name = basename(testPath);
  const hash = createHash('sha256').update(`${name}\n${test}`).digest('hex').slice(0, 8);
  // JSON, but not by name: Jest's watch mode would start again for each that is written
  return join(folder, `${slug(name.replace(/\.[cm]?[jt]sx?$/, ''), 40)}--${slug(test, 60)}-${hash}.txt`);
}

function entriesOf(file: string): Failure[] {
  try {
    const { failures } = JSON.parse(readFileSync(file, 'utf8')) as { failures?: unknown };
    if (!Array.isArray(failures)) return [];
    return (failures as Partial<Failure>[]).filter(
      (one): one is Failure =>
        typeof one?.matcher === 'string' && typeof one.claim === 'string' && one.value !== undefined,
    );
  } catch {
    // none, or not one of ours: it is in nobody's way
    return [];
  }
}

/** True where Jest runs with --ci, which it also does by itself on CI. */
// oxlint-disable-next-line no-underscore-dangle -- Jest's own name
/** The runner's `--ci`, or the environment's. */
const onCi = ({ context }: TestPlace): boolean =>
  (context.snapshotState as { _updateSnapshot?: string } | undefined)?.['_updateSnapshot'] === 'none' ||
  !['', '0', 'false'].includes(process.env['CI'] ?? '');

export class Failures {
  private readonly file: string | undefined;
  private readonly writable: boolean;

  /** @param claim see Failure */
  constructor(
    private readonly place: TestPlace,
    private readonly claim: string,
  ) {
    // a test that expects the claim to fail has nothing to remember
    this.file = place.context.isNot ? undefined : fileOfFailures(place);
    this.writable = !onCi(place);
  }

  private mine = (one: Failure): boolean => one.matcher === this.place.matcher && one.claim === this.claim;

  /** What failed before: hints, of which nothing is certain, not even that they are ours. */
  entries(): readonly Failure[] {
    return this.file === undefined ? [] : entriesOf(this.file).filter(this.mine);
  }

  /**
   * Keeps what failed now, and nothing else of this claim: what was remembered and does not fail any more is gone. Reading and writing are one step, and the
   * file is replaced whole, so that checks and processes side by side do no harm.
   * @param failed undefined where nothing failed in a search that went to its end
   */
  settle(failed: Omit<Failure, 'matcher' | 'claim'> | undefined): void {
    if (this.file === undefined || !this.writable) return;
    try {
      const before = entriesOf(this.file);
      const others = before.filter((one) => !this.mine(one));
      if (failed === undefined && others.length === before.length) return;
      // how it was come to, where it was tried because it was remembered
      const known =
        failed?.path === undefined
          ? before.find((one) => this.mine(one) && JSON.stringify(one.value) === JSON.stringify(failed?.value))
          : undefined;
      const failures = [
        ...others,
        ...(known ? [known] : failed ? [{ matcher: this.place.matcher, claim: this.claim, ...failed }] : []),
      ];
      if (failures.length === 0) {
        rmSync(this.file, { force: true });
        return;
      }
      mkdirSync(dirname(this.file), { recursive: true });
      replaceFile(this.file, `${JSON.stringify({ about, test: this.place.test, failures }, null, 2)}\n`);
    } catch {
      // a read-only folder: the test's verdict does not depend on it
    }
  }
}
