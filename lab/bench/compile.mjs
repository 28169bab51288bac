// Compiling the programs of Tracr's published test cases, and the six of n-permutation: processor time and sizes.
//   node lab/bench/compile.mjs
import { fromSources } from './sources.mjs';

const { compile, programOf, table, permutationPrograms } = await fromSources(
  'compile',
  `export { compile } from './src/program/compile.js';
   export { programOf } from './tests/program/tracr.ts';
   export { default as table } from './tests/program/tracr-cases.json';
   export { permutationPrograms } from './suites/n-permutation/programs.js';`,
);
const groups = [
  ["Tracr's, not causal", [...table.either, ...table.full].map((one) => programOf(one, false))],
  ["Tracr's, causal", [...table.either, ...table.causal].map((one) => programOf(one, true))],
  ...[4, 10].map((n) => [`n-permutation, up to ${n} tokens`, Object.values(permutationPrograms(n))]),
];
const sizes = ['n_layers', 'n_heads', 'd_model', 'd_mlp', 'parameters'];
const range = (values, digits = 0) => {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, middle, most] = [0, Math.floor((sorted.length - 1) / 2), sorted.length - 1].map((at) =>
    sorted[at].toFixed(digits),
  );
  return `${middle} (${least} to ${most})`;
};
// the first compilation also starts the backend
(await compile(groups[0][1][0])).dispose();
console.log(
  `| programs | number | processor, ms | ${sizes.join(' | ')} |\n|---|---|---|${'---|'.repeat(sizes.length)}`,
);
for (const [name, programs] of groups) {
  const found = [];
  for (const program of programs) {
    const since = process.cpuUsage();
    const compiled = await compile(program);
    const { user, system } = process.cpuUsage(since);
    const parameters = [...compiled.model.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    found.push({ ms: (user + system) / 1000, ...compiled.sizes, parameters });
    compiled.dispose();
  }
  console.log(
    `| ${[name, found.length, range(found.map(({ ms }) => ms)), ...sizes.map((size) => range(found.map((one) => one[size])))].join(' | ')} |`,
  );
}
