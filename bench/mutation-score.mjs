// Of all mutants drawn, the share that is caught: by behaviour alone, and of those that keep it by the comparison of mechanisms. And the converse: symmetries that the comparison
// does not call equivalent. On the modular-addition example and on models whose circuit is known (tests/helpers/known). Runs from the sources, without a build.
//   node bench/mutation-score.mjs [--mutants 80] [--symmetries 25] [--implementations 10] [--inputs 200] [--splits 1] [--only modular] [--kinds 'lookup table,scale head']
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import * as fc from 'fast-check';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'congruity');
mkdirSync(cache, { recursive: true });
const outfile = join(cache, 'mutation-score.cjs');
await build({
  stdin: {
    contents: `
      export { backupOf, copyAndCompareOf, inductionOf } from './tests/helpers/known/index.js';
      export { mutants, symmetries, task } from './generators/index.js';
      export { load } from './src/model/load.js';
      export { accuracy, pairs, range, runExamples } from './src/task/index.js';
      export { compare } from './src/verdict/compare.js';`,
    resolveDir: root,
    loader: 'ts',
  },
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  outfile,
  logLevel: 'error',
});
const { accuracy, backupOf, compare, copyAndCompareOf, inductionOf, load, mutants, pairs, range, runExamples, symmetries, task } = createRequire(import.meta.url)(outfile);

const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries({ mutants: '80', symmetries: '25', implementations: '10', inputs: '200', splits: '1', only: '', kinds: '' }).map(([name, fallback]) => [name, { type: 'string', default: fallback }]),
  ),
});
/** Fewer than the defaults of `compare` (20, 400, 3), for speed: intervals are wider, so that more is undecided. */
const settings = { implementations: Number(values.implementations), inputs: Number(values.inputs), splits: Number(values.splits), beside: [], seed: 0 };
const kinds = values.kinds === '' ? {} : { kinds: values.kinds.split(',') };
const p = 43;
const example = (name) => load(join(root, 'examples', 'modular-addition', 'models', `${name}.safetensors`), { backend: 'wasm' });

const subjects = [
  {
    name: 'modular addition',
    async open() {
      return {
        model: await example('released'),
        others: [await example('constant-attention'), await example('retrained')],
        on: task({ name: `addition mod ${p}`, inputs: pairs(range(p), range(p)), behaviour: accuracy(([a, b]) => (a + b) % p), require: { atLeast: 0.99 } }),
      };
    },
  },
  ...[copyAndCompareOf(8), inductionOf(5), backupOf(8)].map((known) => ({
    name: known.name,
    open: async () => ({ model: await known.model('wasm'), others: [], on: known.task, set: { by: known.by } }),
  })),
].filter(({ name }) => name.includes(values.only));

const percent = (part, whole) => (whole === 0 ? '-' : `${part} of ${whole}`);
/** Outcome of the comparison, or why there is none. */
async function verdict(model, other, on, set) {
  try {
    const { outcome, judgement } = await compare(model, other, { ...settings, on, ...(set && { set }) });
    return { outcome, excess: `${judgement.sides.map(({ excess }) => `${Math.round(100 * excess.estimate)} % [${Math.round(100 * excess.low)}, ${Math.round(100 * excess.high)}]`).join(' and ')}${outcome === 'undecided' ? `; ${judgement.reasons[0]}` : ''}` };
  } catch (error) {
    if (!('code' in error)) throw error;
    return { outcome: 'not judged', excess: error.what };
  }
}

/** The circuit matchers will be asked here as well: a function (original, mutant, subject) to `caught` or `kept`. */
const circuitMatchers = undefined;

console.log(`settings of compare: ${JSON.stringify(settings)}\n`);
for (const { name, open } of subjects) {
  const { model, others, on, set } = await open();
  const drawn = new Map(fc.sample(mutants(model, { on, others, ...kinds }), { numRuns: Number(values.mutants), seed: 1 }).map((mutant) => [JSON.stringify(mutant.mutation), mutant]));
  const tally = new Map();
  const survivors = [];
  const started = performance.now();
  for (const mutant of drawn.values()) {
    const changed = await mutant.apply();
    const { kind } = mutant.mutation;
    const row = tally.get(kind) ?? { drawn: 0, behaviour: 0, different: 0, undecided: 0, equivalent: 0, 'not judged': 0, circuit: 0 };
    tally.set(kind, row);
    row.drawn++;
    const { score } = await runExamples(changed, on, on.examples(on.size, 0));
    if (!on.meets(score)) row.behaviour++;
    else {
      const { outcome, excess } = await verdict(model, changed, on, set);
      row[outcome]++;
      if (circuitMatchers && (await circuitMatchers(model, changed, { on })) === 'caught') row.circuit++;
      if (outcome !== 'different') survivors.push(`${outcome}: ${mutant.words} (behaviour ${score.toFixed(4)}; ${excess})`);
    }
    changed.dispose();
  }
  console.log(`## ${name}: ${drawn.size} different mutants, ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  console.log('| mutants | drawn | behaviour fails | keep behaviour | of these: different | undecided | equivalent | not judged |\n|---|---|---|---|---|---|---|---|');
  const total = { drawn: 0, behaviour: 0, different: 0, undecided: 0, equivalent: 0, 'not judged': 0 };
  for (const [kind, row] of [...tally].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    for (const key of Object.keys(total)) total[key] += row[key];
    console.log(`| ${kind} | ${row.drawn} | ${row.behaviour} | ${row.drawn - row.behaviour} | ${row.different} | ${row.undecided} | ${row.equivalent} | ${row['not judged']} |`);
  }
  const kept = total.drawn - total.behaviour;
  console.log(`| **all** | ${total.drawn} | ${total.behaviour} | ${kept} | ${total.different} | ${total.undecided} | ${total.equivalent} | ${total['not judged']} |\n`);
  console.log(`caught by behaviour: ${percent(total.behaviour, total.drawn)}; of those that keep it, by the comparison: ${percent(total.different, kept)} different, ${percent(total.different + total.undecided, kept)} stopped by a gate\n`);
  for (const survivor of survivors) console.log(`- ${survivor}`);

  const outcomes = { equivalent: 0, undecided: 0, different: 0, 'not judged': 0 };
  const alarms = [];
  const turns = Number(values.symmetries);
  for (const symmetry of turns > 0 ? fc.sample(symmetries(model), { numRuns: turns, seed: 1 }) : []) {
    const changed = await symmetry.apply();
    const { outcome, excess } = await verdict(model, changed, on, set);
    outcomes[outcome]++;
    if (outcome !== 'equivalent') alarms.push(`${outcome}: ${symmetry.steps.map(({ kind }) => kind).join(', ')} (${excess})`);
    changed.dispose();
  }
  console.log(`\nsymmetries: ${JSON.stringify(outcomes)}`);
  for (const alarm of alarms) console.log(`- ${alarm}`);
  console.log('');
  model.dispose();
  for (const other of others) other.dispose();
}
