// Of all mutants drawn, the share that is caught, and by what: the task's threshold, toBehaveLike, the comparison of mechanisms, the claims about the circuit. And the converse: symmetries that
// the comparison does not call equivalent, or of which the claims do not hold. On the modular-addition example and on models whose circuit is known (tests/helpers/known). Runs from the sources,
// without a build.
//   node lab/bench/mutation-score.mjs [--mutants 80] [--symmetries 25] [--draws 40] [--inputs 200] [--splits 1] [--only modular] [--kinds 'lookup table,scale head']
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { ask, askAll, worst } from './mutation-score/claims.mjs';
import { changesParts, renamed } from './mutation-score/rename.mjs';
import { subjects } from './mutation-score/subjects.mjs';
import { fromSources, root } from './sources.mjs';

const library = await fromSources(
  'mutation-score',
  `
    export { backupOf, copyAndCompareOf, inductionOf } from './tests/helpers/known/index.js';
    export { mutants, symmetries, task } from './generators/index.js';
    export { PairRunner } from './search/differences.js';
    export * as matchers from './matchers/index.js';
    export { components } from './src/circuit/component.js';
    export { findCircuit } from './src/circuit/patching.js';
    export { load } from './src/model/load.js';
    export { accuracy, pairs, range, runExamples } from './src/task/index.js';
    export { compare } from './src/verdict/compare.js';`,
);
const { compare, load, matchers, mutants, PairRunner, runExamples, symmetries } = library;

const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries({
      mutants: '80',
      symmetries: '25',
      draws: '40',
      inputs: '200',
      splits: '1',
      only: '',
      kinds: '',
    }).map(([name, fallback]) => [name, { type: 'string', default: fallback }]),
  ),
});
/** Fewer inputs and splits than the defaults of `compare` (400, 3), for speed. */
const settings = {
  budget: { draws: Number(values.draws) },
  inputs: Number(values.inputs),
  splits: Number(values.splits),
  alsoReport: [],
  shrink: false,
  seed: 0,
};
const kinds = values.kinds === '' ? {} : { kinds: values.kinds.split(',') };
const percent = (x) => `${Math.round(100 * x)} %`;

/** Outcome of the comparison, or why there is none. */
async function verdict(model, other, on, set) {
  try {
    const { outcome, judgement } = await compare(model, other, { ...settings, on, ...(set && { set }) });
    const excess = judgement.sides
      .map(({ excess: { estimate, low, high } }) => `${percent(estimate)} [${percent(low)}, ${percent(high)}]`)
      .join(' and ');
    return { outcome, excess: `${excess}${outcome === 'undecided' ? `; ${judgement.reasons[0]}` : ''}` };
  } catch (error) {
    if (!('code' in error) || error.code === 'BAD_OPTION') throw error;
    return { outcome: 'not judged', excess: error.what };
  }
}

const stops = (answer) => answer !== 'holds' && answer !== 'equivalent';
const count = (rows, of) => rows.filter(of).length;
/** `3 + 2`: refuted, and undecided or not to be judged, which stops a gate as well */
const split = (rows, of, refuted) =>
  `${count(rows, (row) => of(row) === refuted)} + ${count(rows, (row) => stops(of(row)) && of(row) !== refuted)}`;

const summary = [];
console.log(`settings of compare: ${JSON.stringify(settings)}\n`);
const example = (name) =>
  load(join(root, 'examples', 'modular-addition', 'models', `${name}.safetensors`), { backend: 'wasm' });
for (const { name, open } of subjects(library, example).filter((subject) => subject.name.includes(values.only))) {
  const { model, others, kin = [], on, set, claims, words } = await open();
  const started = performance.now();
  const itself = await askAll(matchers, model, claims, on);
  // what is said of the original already catches nothing
  const same = (await verdict(model, model, on, set)).outcome;
  console.log(
    `## ${name}\n\n${words ? `claims: ${words}\n` : ''}of the original: ${claims.map(({ matcher, fails }, i) => `${fails ? 'not ' : ''}${matcher} ${itself[i]}`).join(', ')}; compared with itself: ${same}${same === 'equivalent' ? '' : ', so that the comparison does not count below'}\n`,
  );

  const drawn = new Map(
    fc
      .sample(mutants(model, { on, others, ...kinds }), { numRuns: Number(values.mutants), seed: 1 })
      .map((mutant) => [JSON.stringify(mutant.mutation), mutant]),
  );
  const every = on.examples(on.size, 0).inputs;
  const rows = [];
  for (const mutant of drawn.values()) {
    const changed = await mutant.apply();
    const { score } = await runExamples(changed, on, on.examples(on.size, 0));
    const like = (agree) => ask(matchers.toBehaveLike, changed, model, { on, agree, runs: on.size });
    const row = {
      kind: mutant.mutation.kind,
      words: mutant.description,
      score,
      keeps: on.meets(score),
      behaves: await like('score'),
      probabilities: await like('probabilities'),
    };
    if (row.keeps) {
      row.apart = Math.max(
        ...(await new PairRunner([changed, model], on).pairs(every)).map(({ distance }) => distance),
      );
      Object.assign(row, await verdict(model, changed, on, set));
      row.answers = await askAll(matchers, changed, claims, on);
      row.circuit = worst(row.answers.filter((_, i) => itself[i] === 'holds'));
    }
    row.refuted =
      !row.keeps ||
      row.behaves === 'fails' ||
      (row.outcome === 'different' && same === 'equivalent') ||
      row.circuit === 'fails';
    row.stopped =
      !row.refuted && [row.behaves, row.circuit, ...(same === 'equivalent' ? [row.outcome] : [])].some(stops);
    rows.push(row);
    changed.dispose();
  }
  const kept = rows.filter(({ keeps }) => keeps);
  const line = (label, all) => {
    const keep = all.filter(({ keeps }) => keeps);
    const [refuted, stopped] = [count(all, (row) => row.refuted), count(all, (row) => row.stopped)];
    return `| ${label} | ${all.length} | ${all.length - keep.length} | ${count(keep, ({ behaves }) => stops(behaves))} | ${split(keep, ({ outcome }) => outcome, 'different')} | ${split(keep, ({ circuit }) => circuit, 'fails')} | ${refuted} | ${stopped} | ${all.length - refuted - stopped} | ${count(keep, ({ probabilities }) => stops(probabilities))} |`;
  };
  const header = (first) =>
    `| ${first} | mutants | below the threshold | of the others: toBehaveLike | comparison: different + undecided | circuit claims: refuted + undecided | refuted by any | only undecided | survivors | probabilities differ |\n|---|---|---|---|---|---|---|---|---|---|`;
  console.log(header('kind'));
  for (const kind of [...new Set(rows.map((row) => row.kind))].toSorted())
    console.log(
      line(
        kind,
        rows.filter((row) => row.kind === kind),
      ),
    );
  summary.push({ header: header('model'), line: line(name, rows) });
  console.log(`${line('**all**', rows)}\n`);
  for (const { words: what, score, apart, outcome, excess, answers, refuted, stopped } of kept)
    console.log(
      `- ${refuted ? 'caught' : stopped ? 'undecided' : '**survives**'}: ${what} (accuracy ${score.toFixed(4)}, probabilities up to ${apart.toExponential(1)} apart; comparison ${outcome}, ${excess}; claims ${answers.join(', ')})`,
    );

  const outcomes = {};
  const circuits = { 'parts stay': {}, 'split or merged': {} };
  const alarms = [];
  const turns = Number(values.symmetries);
  for (const symmetry of turns > 0 ? fc.sample(symmetries(model), { numRuns: turns, seed: 1 }) : []) {
    const changed = await symmetry.apply();
    const { outcome, excess } = await verdict(model, changed, on, set);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const answers = await askAll(matchers, changed, claims, on, (circuit) => renamed(circuit, symmetry.steps));
    const tally = circuits[changesParts(symmetry.steps) ? 'split or merged' : 'parts stay'];
    tally[worst(answers)] = (tally[worst(answers)] ?? 0) + 1;
    if (outcome !== 'equivalent' || worst(answers) !== 'holds')
      alarms.push(`${outcome}, claims ${answers.join(', ')}: ${symmetry.description} (${excess})`);
    changed.dispose();
  }
  for (const relative of kin)
    console.log(
      `\nof ${relative.name}, derived from the original: comparison ${(await verdict(model, relative, on, set)).outcome}; claims ${(await askAll(matchers, relative, claims, on)).join(', ')}`,
    );
  console.log(
    `\nsymmetries: comparison ${JSON.stringify(outcomes)}; claims about the circuit ${JSON.stringify(circuits)}`,
  );
  for (const alarm of alarms) console.log(`- ${alarm}`);
  console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  model.dispose();
  for (const other of [...others, ...kin]) other.dispose();
}
console.log(`## all\n\n${summary[0]?.header}\n${summary.map(({ line }) => line).join('\n')}`);
