// Do trained models realise the program that they were trained on, by the alignment that they were trained with, and another program of the same shape?
//   node lab/simulations/realize-trained.mjs [models of each algorithm and setting, default 4] [positions of the model, as 1,2; default all] [apart or together, default apart]
import { join } from 'node:path';
import { fromSources, root } from '../bench/sources.mjs';

const {
  permutationPrograms,
  permutationAlgorithms,
  permutationTask,
  Zoo,
  subjectOf,
  realizeSchema,
  RealisationTest,
  placesOf,
} = await fromSources(
  'realize-trained',
  `export { permutationPrograms, permutationAlgorithms } from './suites/n-permutation/programs.js';
     export { permutationTask } from './suites/n-permutation/task.js';
     export { Zoo } from './suites/n-permutation/zoo.js';
     export { subjectOf } from './src/realisation/subject.js';
     export { realizeSchema } from './src/realisation/options.js';
     export { RealisationTest } from './src/realisation/test.js';
     export { placesOf } from './src/program/interchange/places.js';`,
);
const N = 4;
const COUNT = Number(process.argv[2] ?? 4);
const [, , , WHERE = 'all', HOW = 'apart'] = process.argv;
const POSITIONS = WHERE === 'all' ? undefined : WHERE.split(',').map(Number);
const programs = permutationPrograms(N);
const task = permutationTask(N, 0);
const zoo = await Zoo.open(join(root, 'lab', 'n-permutation', 'models'), N);
const outcomes = ['realised', 'undecided', 'not realised'];

/** Programs whose variables are put where a run has its own, the first in the place of the first and so on. */
function claims({ algorithm, alignment }) {
  const own = Object.entries(alignment);
  const shaped = permutationAlgorithms.filter(
    (other) => other !== algorithm && variablesOf(other) && other.slice(0, 4) === algorithm.slice(0, 4),
  );
  return [
    { program: algorithm, alignment },
    ...shaped.map((other) => ({
      program: other,
      alignment: Object.fromEntries(variablesOf(other).map((name, i) => [name, own[i][1]])),
    })),
  ];
}
/** The same features, at the positions that are asked for. */
const there = (alignment) =>
  POSITIONS === undefined
    ? alignment
    : Object.fromEntries(
        Object.entries(alignment).map(([name, parts]) => [
          name,
          parts.map(({ site, at }) => ({ site, at: { ...at, position: POSITIONS } })),
        ]),
      );
/** The two that its models are trained to hold. */
const variablesOf = (algorithm) => {
  const [run] = zoo.settings.flatMap(({ runs }) => runs.filter((one) => one.algorithm === algorithm));
  return run && Object.keys(run.alignment);
};

const totals = { own: {}, other: {} };
console.log(
  '| setting | trained on | held against | realised | undecided | not realised | rate of disagreement |\n|---|---|---|---|---|---|---|',
);
for (const { name, runs } of zoo.settings)
  for (const algorithm of permutationAlgorithms) {
    const rows = new Map();
    for (const run of runs.filter((one) => one.algorithm === algorithm).slice(0, COUNT)) {
      const model = await zoo.model(run);
      for (const { program, alignment: everywhere } of claims(run)) {
        const alignment = there(everywhere);
        const options = realizeSchema.parse({ alignment, on: task, positions: HOW });
        const subject = subjectOf(model, programs[program], options, 'realize-trained');
        const test = new RealisationTest(
          model,
          programs[program],
          placesOf(model, programs[program], alignment),
          subject.pool,
          subject.position,
          options,
        );
        const { outcome, groups } = await test.run();
        const row = rows.get(program) ?? { counts: {}, worst: [] };
        rows.set(program, row);
        row.counts[outcome] = (row.counts[outcome] ?? 0) + 1;
        row.worst.push(
          groups
            .flatMap(({ variables, matters, rest }) =>
              [
                [matters, 'matters'],
                [rest, 'rest'],
              ]
                .filter(([one]) => one)
                .map(([one, where]) => ({
                  rate: 1 - one.accuracy.estimate,
                  who: `${variables.join('+')} (${where})`,
                })),
            )
            .toSorted((a, b) => b.rate - a.rate)[0],
        );
        const total = totals[program === algorithm ? 'own' : 'other'];
        total[outcome] = (total[outcome] ?? 0) + 1;
      }
      model.dispose();
    }
    for (const [program, { counts, worst }] of rows) {
      const rates = worst.map(({ rate }) => rate).toSorted((a, b) => a - b);
      console.log(
        `| ${name} | ${algorithm} | ${program} | ${outcomes.map((one) => counts[one] ?? 0).join(' | ')} | ${rates[0]?.toFixed(3)} to ${rates.at(-1)?.toFixed(3)}, ${worst.toSorted((a, b) => b.rate - a.rate)[0]?.who} |`,
      );
    }
  }
for (const [kind, counts] of Object.entries(totals))
  console.log(`${kind}: ${outcomes.map((one) => `${counts[one] ?? 0} ${one}`).join(', ')}`);
