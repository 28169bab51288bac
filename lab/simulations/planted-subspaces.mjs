// Does the search for an alignment find variables that are known to be in rotated subspaces, and none in networks that learned nothing?
//   node lab/simulations/planted-subspaces.mjs compiled|trained [models of each program, default 1] [steps of gradient descent, default 96; 0: without gradients] [first model, default 1]
// compiled: with variations at random (other programs beside, noise, encodings, layers). trained: models of n-permutation, whose variables are in 6 features of the stream each. Of all of them the
// residual stream is rotated at random, and the stage "subspaces" alone is searched.
import { join } from 'node:path';
import * as fc from 'fast-check';
import { fromSources, root } from '../bench/sources.mjs';

const { program, compile, variations, symmetries, findAlignment, permutationPrograms, permutationAlgorithms, Zoo } =
  await fromSources(
    'planted-subspaces',
    `export { program } from './src/program/program.js';
     export { compile } from './src/program/compile.js';
     export { variations } from './generators/variations.js';
     export { symmetries } from './generators/symmetries.js';
     export { findAlignment } from './src/realisation/find/find.js';
     export { permutationPrograms, permutationAlgorithms } from './suites/n-permutation/programs.js';
     export { Zoo } from './suites/n-permutation/zoo.js';`,
  );
const [which, count, steps, first] = [
  process.argv[2] ?? 'compiled',
  Number(process.argv[3] ?? 1),
  Number(process.argv[4] ?? 96),
  Number(process.argv[5] ?? 1),
];
const like = { vocabulary: [0, 1, 2], maxLength: 3 };
const small = [
  program({ name: 'repeats', ...like }, ({ tokens, select, width, map }) =>
    map(width(select(tokens, tokens, '==')).named('often'), (n) => n > 1).named('repeated'),
  ),
  program({ name: 'sort', ...like }, ({ tokens, indices, select, and, or, width, aggregate }) => {
    const before = and(select(tokens, tokens, '=='), select(indices, indices, '<'));
    const place = width(or(select(tokens, tokens, '<'), before)).named('place');
    return aggregate(select(place, indices, '=='), tokens).named('sorted');
  }),
  program({ name: 'counting sort', ...like }, ({ tokens, indices, select, width, combine }) => {
    const zeros = width(select(tokens, tokens, (key) => key === 0)).named('zeros');
    const ones = width(select(tokens, tokens, (key) => key === 1)).named('ones');
    return combine([indices, zeros, ones], (i, a, b) => (i < a ? 0 : i < a + b ? 1 : 2)).named('sorted');
  }),
];
async function* models() {
  const chosen = [first - 1, first - 1 + count];
  if (which === 'trained') {
    const N = 4;
    const zoo = await Zoo.open(join(root, 'lab', 'n-permutation', 'models'), N);
    const digits = [...Array(N).keys()];
    const inputs = Array.from({ length: N ** N }, (_, i) => digits.map((at) => Math.floor(i / N ** at) % N));
    for (const algorithm of permutationAlgorithms)
      for (const run of zoo.settings[0].runs.filter((one) => one.algorithm === algorithm).slice(...chosen))
        yield {
          written: permutationPrograms(N)[algorithm],
          model: await zoo.model(run),
          options: { inputs, position: -1, variables: Object.keys(run.alignment) },
        };
  } else
    for (const written of small)
      for (const variation of fc.sample(variations(written), { numRuns: chosen[1], seed: 7 }).slice(...chosen))
        yield {
          written,
          model: (await compile(written, { variation, backend: 'wasm' })).model,
          // what is the token and the place alone is left out
          options: {
            variables: written.variables
              .map(({ name }) => name)
              .filter((name) => name !== 'tokens' && name !== 'indices'),
          },
        };
}
const percent = (value) => (100 * value).toFixed(1);
console.log('| program | layers, d_model | variable | held out, % | untrained, % | processor, s |');
console.log('|---|---|---|---|---|---|');
let seed = first;
for await (const { written, model, options } of models()) {
  const [symmetry] = fc.sample(symmetries(model, { kinds: ['rotate residual'], maxSteps: 1 }), { numRuns: 1, seed });
  const turned = await symmetry.apply();
  const since = process.cpuUsage();
  const found = await findAlignment(turned, written, { ...options, stages: ['subspaces'], steps, seed });
  const { user, system } = process.cpuUsage(since);
  for (const { name, heldOut } of found.variables) {
    const control = found.untrained.variables.find((other) => other.name === name);
    console.log(
      `| ${written.name} | ${model.config.n_layers}, ${model.config.d_model} | ${name} | ${percent(heldOut.accuracy)} | ${control ? percent(control.heldOut.accuracy) : ''} | ${((user + system) / 1e6).toFixed(0)} |`,
    );
  }
  for (const name of found.missing) console.log(`| ${written.name} | | ${name} | none | | |`);
  turned.dispose();
  model.dispose();
  seed++;
}
