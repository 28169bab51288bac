// The calibration: comparisons whose truth is known, and lab/calibration.md made of them. Runs from the sources, without a build.
//   npm run calibrate -- [--only kind[,kind]] [--comparisons N] [--workers 2] [--inputs 128] [--table] [--any-code] [--out FOLDER]
// Every result is appended to a file below .congruity/ as it comes, so that an interrupted run goes on where it was. That file belongs to the code and the models that made it; with --any-code
// kinds that this code has compared nothing of are those that other code of the same models has left there or in lab/calibration/results.json. --table only writes the document again, from lab/calibration/results.json. --out: where results.json and calibration.md go, instead of their places.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const self = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const suite = join(root, 'lab', 'calibration');
const require = createRequire(import.meta.url);
const sha = (...parts) =>
  parts
    .reduce((hash, part) => hash.update(part), createHash('sha256'))
    .digest('hex')
    .slice(0, 12);

/** A module of the suite with all it imports, in one file named after what is in it: workers must run what the parent read, whatever happens to the sources meanwhile. */
async function bundled(name) {
  const { outputFiles } = await build({
    entryPoints: [join(suite, name)],
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logOverride: { 'empty-import-meta': 'silent' },
    packages: 'external',
    write: false,
    logLevel: 'error',
  });
  const [{ contents }] = outputFiles;
  const code = sha(contents);
  const folder = join(root, 'node_modules', '.cache', 'congruity');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `calibration-${code}.cjs`);
  if (!existsSync(path)) writeFileSync(path, contents);
  return { code, path };
}

/** Is asked for comparisons by messages, one at a time. */
async function work(path) {
  const { Zoo, runComparison } = require(path);
  const zoo = await Zoo.open(join(suite, 'models'));
  process.on('message', async ({ kind, index, inputs }) => {
    try {
      process.send({ result: await runComparison(zoo, kind, index, inputs) });
    } catch (error) {
      process.send({ error: `${kind} ${index}: ${error.stack}` });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
}

/** Does all jobs, several at a time; `done` is called with every result. The first error ends it. */
function inParallel(jobs, workers, path, done) {
  const queue = [...jobs];
  return new Promise((resolve, reject) => {
    let running = 0;
    const children = [];
    const fail = (error) => {
      for (const child of children) child.kill();
      reject(error);
    };
    for (let i = 0; i < Math.min(workers, queue.length); i++) {
      const child = fork(self, ['--worker', path]);
      children.push(child);
      running++;
      let idle = false;
      const next = () => {
        idle = queue.length === 0;
        if (idle) child.disconnect();
        else child.send(queue.shift());
      };
      child.on('message', ({ result, error }) => {
        if (error !== undefined) return fail(new Error(error));
        if (result !== undefined) done(result);
        next();
      });
      child.on('exit', (status, signal) => {
        if (!idle) return fail(new Error(`a worker ended with ${status ?? signal}`));
        if (--running === 0) resolve();
      });
    }
    if (queue.length === 0) resolve();
  });
}

const linesOf = (file) =>
  (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []).flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line)];
    } catch {
      return []; // the last line of a run that was cut off
    }
  });

function positive(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is ${text}: give a positive integer`);
  return value;
}

const USAGE = `npm run calibrate -- [options]
  --only kind[,kind]   these kinds of comparison alone
  --comparisons N      how many of each kind
  --workers N          processes at a time (2)
  --inputs N           inputs of a comparison (128)
  --table              only write the document again, from lab/calibration/results.json
  --any-code           of kinds that this code has compared nothing of, take what other code has left
  --out FOLDER         where results.json and calibration.md go`;

function given() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        only: { type: 'string' },
        comparisons: { type: 'string' },
        workers: { type: 'string', default: '2' },
        inputs: { type: 'string', default: '128' },
        table: { type: 'boolean', default: false },
        'any-code': { type: 'boolean', default: false },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main() {
  const { values } = given();
  if (values.help) {
    console.log(USAGE);
    return;
  }

  const places =
    values.out === undefined
      ? { results: join(suite, 'results.json'), document: join(root, 'lab', 'calibration.md') }
      : { results: join(values.out, 'results.json'), document: join(values.out, 'calibration.md') };
  const { ofOneCode, ofResults, resultsOf, document, table } = require((await bundled('report.ts')).path);
  const write = (results) => {
    writeFileSync(places.document, document(readFileSync(join(suite, 'calibration.template.md'), 'utf8'), results));
    console.log(`${table(results)}\n\nwritten: ${places.document}`);
  };
  if (values.table) return write(JSON.parse(readFileSync(places.results, 'utf8')));

  const workers = positive('workers', values.workers);
  const inputs = positive('inputs', values.inputs);
  const { code, path } = await bundled('comparison.ts');
  const { kinds } = require(path);
  const only = values.only?.split(',').map((one) => one.trim());
  const unknown = only?.find((one) => !kinds.some(({ id }) => id === one));
  if (unknown !== undefined)
    throw new Error(`there is no kind "${unknown}": ${kinds.map(({ id }) => `"${id}"`).join(', ')}`);
  const folder = join(suite, 'models');
  const models = sha(
    ...readdirSync(folder)
      .toSorted()
      .map((name) => readFileSync(join(folder, name))),
  );
  const cache = join(root, '.congruity', 'calibration');
  mkdirSync(cache, { recursive: true });
  const own = join(cache, `${models}-${inputs}-${code}.jsonl`);
  const files = [
    own,
    ...readdirSync(cache)
      .filter((name) => name.startsWith(`${models}-${inputs}-`) && name.endsWith('.jsonl'))
      .map((name) => join(cache, name))
      .filter((file) => values['any-code'] && file !== own)
      // of as many comparisons, the last made
      .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs),
  ];
  const byCode = files.map((file) => ({ code: basename(file, '.jsonl').split('-').at(-1), results: linesOf(file) }));
  const kept = join(suite, 'results.json');
  if (values['any-code'] && existsSync(kept)) {
    const before = JSON.parse(readFileSync(kept, 'utf8'));
    if (before.models === models && before.inputs === inputs) byCode.push(...ofResults(before));
  }
  const found = new Map(ofOneCode(byCode, only).map((result) => [`${result.kind} ${result.index}`, result]));

  const limit = (count) => (values.comparisons === undefined ? count : positive('comparisons', values.comparisons));
  const asked = ({ id }) => only === undefined || only.includes(id);
  const jobs = kinds
    .filter(asked)
    .flatMap(({ id, count }) => Array.from({ length: limit(count) }, (_, index) => ({ kind: id, index, inputs })))
    // round and round the kinds, so that an interrupted run knows something of all of them
    .toSorted((a, b) => a.index - b.index);
  const missing = jobs.filter(({ kind, index }) => !found.has(`${kind} ${index}`));
  console.log(`${jobs.length} comparisons, ${jobs.length - missing.length} of them known (${own})`);
  const started = performance.now();
  let finished = 0;
  await inParallel(missing, workers, path, (result) => {
    appendFileSync(own, `${JSON.stringify(result)}\n`);
    found.set(`${result.kind} ${result.index}`, { ...result, by: code });
    if (++finished % 20 !== 0 && finished !== missing.length) return;
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `${finished} of ${missing.length}, ${seconds.toFixed(0)} s; about ${(((seconds / finished) * (missing.length - finished)) / 60).toFixed(0)} minutes left`,
    );
  });

  const [{ model }] = cpus();
  const about = {
    code,
    models,
    date: new Date().toISOString().slice(0, 10),
    environment: `${cpus().length} cores (${model.trim()}), Node ${process.version}`,
    workers,
    inputs,
  };
  // with what is known of the kinds that were not asked for: one table of everything
  const counts = new Map(kinds.map((kind) => [kind.id, asked(kind) ? limit(kind.count) : kind.count]));
  const results = resultsOf(
    [...found.values()].filter(({ kind, index }) => index < counts.get(kind)),
    kinds,
    about,
  );
  const text = JSON.stringify(results, undefined, 1).replaceAll(
    /\[\n\s+("(?:equivalent|different|undecided|refused)"[^\]]*)\n\s+\]/g,
    (_, inner) => `[${inner.replaceAll(/\n\s+/g, ' ')}]`,
  );
  writeFileSync(places.results, `${text}\n`);
  write(results);
}

if (process.argv[2] === '--worker') await work(process.argv[3]);
else await main();
