// Does the search for an alignment find variables that were planted in rotated subspaces, and none in networks that learned nothing?
//   node lab/simulations/planted-subspaces.mjs [models of each program, default 4] [stages, as subspaces,neurons; default subspaces] [first seed, default 1]
// Each model is compiled with variations at random (other programs beside, noise, encodings, layers), and its residual stream is rotated at random. Variables are searched all together.
import * as fc from 'fast-check';
import { fromSources } from '../bench/sources.mjs';

const { program, compile, variations, symmetries, findAlignment, clock } = await fromSources(
  'planted-subspaces',
  `export { program } from './src/program/program.js';
   export { compile } from './src/program/compile.js';
   export { variations } from './generators/variations.js';
   export { symmetries } from './generators/symmetries.js';
   export { findAlignment } from './src/realisation/find/find.js';
   export { clock } from './src/signal.js';`,
);
const [count, stages, first] = [
  Number(process.argv[2] ?? 4),
  (process.argv[3] ?? 'subspaces').split(',').map((stage) => stage.replaceAll('_', ' ')),
  Number(process.argv[4] ?? 1),
];
const like = { vocabulary: [0, 1, 2], maxLength: 3 };
const programs = [
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
const percent = (value) => (100 * value).toFixed(1);
console.log('| program | model | variable | stage | searched, % | held out, % | untrained, % | seconds |');
console.log('|---|---|---|---|---|---|---|---|');
for (const one of programs)
  for (const [i, variation] of fc.sample(variations(one), { numRuns: first - 1 + count, seed: 7 }).entries()) {
    if (i < first - 1) continue;
    const compiled = await compile(one, { variation, backend: 'wasm' });
    const [symmetry] = fc.sample(symmetries(compiled.model, { kinds: ['rotate residual'], maxSteps: 1 }), {
      numRuns: 1,
      seed: i,
    });
    const model = await symmetry.apply();
    const started = clock();
    const { variables, missing, untrained } = await findAlignment(model, one, { stages, seed: i });
    const seconds = ((clock() - started) / 1000).toFixed(1);
    for (const { name, stage, searched, heldOut } of variables) {
      const control = untrained.variables.find((other) => other.name === name);
      console.log(
        `| ${one.name} | ${i + 1} (${compiled.sizes.n_layers} layers, ${compiled.sizes.d_model}) | ${name} | ${stage} | ${percent(searched)} | ${percent(heldOut.accuracy)} | ${control ? percent(control.heldOut.accuracy) : ''} | ${seconds} |`,
      );
    }
    for (const name of missing) console.log(`| ${one.name} | ${i + 1} | ${name} | missing |`);
    model.dispose();
    compiled.dispose();
  }
