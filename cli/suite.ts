/** `congruity suite`: runs an experiment by its name, and keeps what it found as JSON and as a page. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { FileError, OptionError } from '../src/errors.js';
import { duration } from '../src/format.js';
import { shownPath } from '../src/io/system.js';
import { replaceFile } from '../src/io/whole-file.js';
import { checkOptions, suggest } from '../src/options.js';
import { clock } from '../src/signal.js';
import { suites } from '../suites/list.js';
import { stemOf } from '../suites/stem.js';
import { isSuite, type Suite } from '../suites/suite.js';
import { notEmpty } from './arguments.js';
import { bundle } from './bundle.js';
import { evaluate } from './config.js';
import { interruptible } from './interruptible.js';
import { suiteOptions } from './suite-options.js';

/** Columns where nobody says how many there are. */
const COLUMNS = 160;

const sources = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

/** A suite of one's own: the default export of a file. @throws OptionError, FileError */
async function ownSuite(path: string): Promise<Suite> {
  if (!existsSync(path))
    throw new FileError({ what: 'there is no such file', where: path, hint: 'name a suite, or the file of one' });
  const work = mkdtempSync(join(tmpdir(), 'congruity-suite-'));
  try {
    const out = join(work, 'suite.cjs');
    await bundle(path, out);
    const suite = evaluate(out, path, 'export default a suite: { name, description, schema, run }');
    if (isSuite(suite)) return suite;
    throw new OptionError({
      what: 'its default export is no suite',
      where: path,
      hint: 'a suite has name, description, schema (of zod) and run',
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function suiteOf(name: string): Promise<Suite> {
  if (sources.includes(extname(name))) return ownSuite(resolve(name));
  const suite = suites.find((one) => one.name === name);
  if (suite !== undefined) return suite;
  throw new OptionError({
    what: `there is no suite "${name}"`,
    where: 'congruity suite',
    hint: suggest(
      name,
      suites.map((one) => one.name),
    ),
  });
}

/** Says how far a suite is, and how long it still takes at the speed so far. */
function telling(): (done: number, doing: string) => void {
  const started = clock();
  let first: number | undefined;
  let last = '';
  return (done, doing) => {
    first ??= done;
    const passed = (clock() - started) / 1000;
    const left = done > first ? (passed * (1 - done)) / (done - first) : undefined;
    const share = `${String(Math.floor(done * 20) * 5).padStart(3)} %  ${doing}`;
    if (share === last) return;
    last = share;
    process.stderr.write(`${share}${left === undefined || done === 1 ? '' : `, about ${duration(left)} left`}\n`);
  };
}

/**
 * Runs the suite and returns the exit code: 0 it is complete, 2 it was interrupted and goes on when it is run again. Without a name the suites are listed.
 * @param typed what follows the name
 * @throws OptionError, FileError and whatever the suite throws
 */
export async function suiteCommand(
  name: string | undefined,
  typed: readonly string[],
  { out }: { readonly out?: string | undefined },
): Promise<0 | 2> {
  notEmpty(out, '--out', '--out congruity-suite');
  if (name === undefined) {
    process.stdout.write(suites.map((one) => `${one.name}: ${one.description}\n`).join(''));
    return 0;
  }
  const suite = await suiteOf(name);
  const options: object = checkOptions(
    suite.schema,
    suiteOptions(suite.schema.shape, typed),
    `options of ${suite.name}`,
  );
  const stem = stemOf(out, suite, options, 'name another: --out');
  const path = `${stem}.json`;
  const shown = shownPath(stem);
  const found = await interruptible((signal) =>
    suite.run(options, {
      path,
      signal,
      progress: telling(),
      estimated: ({ seconds, rows }) =>
        process.stderr.write(`estimate: ${duration(seconds)} of processor time, ${rows} rows through models\n`),
      resumed: () => process.stderr.write(`going on from ${shown}.json\n`),
    }),
  );
  replaceFile(`${stem}.html`, found.html());
  process.stdout.write(`${found.text(process.stdout.columns ?? COLUMNS)}kept: ${shown}.json, ${shown}.html\n`);
  return found.complete ? 0 : 2;
}
