// Forward passes and seconds to find and fully shrink a planted violation among the 48 heads of a model of 6 layers, in batches and one by one. The claim is that
// one head suffices; one guilty head outside it breaks the answer, or two that only break it together.
//   npm run build && node lab/bench/planted-violation.mjs [repeats] [positions] [backend] [seconds to warm up, of each]
import { searchSufficiency } from '../../dist/esm/search/sufficiency.js';
import { firstToken, planted } from './planted-violation/model.mjs';

const [repeats = '5', positions = '2', backend = 'wasm', warm = '4'] = process.argv.slice(2);
const batches = [64, 1];
const claimed = [0, 3, 0.5];
const cases = {
  'one guilty head': [claimed, [3, 5, 1]],
  'two guilty only together': [claimed, [1, 6, 0.4], [4, 2, 0.4]],
  'none: the claim holds': [[0, 3, 1]],
};
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

console.log(
  `${backend}, ${positions} positions; medians over seeds 1 to ${repeats}; the same counterexample and path for every seed, or this stops\n`,
);
const head =
  '| violation | rows a pass | forward passes | seconds | processor seconds | trials run | faster | by processor time |\n|---|---|---|---|---|---|---|---|';
for (const [name, writers] of Object.entries(cases)) {
  const model = await planted(Number(positions), writers, backend);
  const options = {
    on: firstToken(Number(positions)),
    circuit: ['blocks.0.attn.head.3'],
    inputs: 200,
    check: { numRuns: 200 },
  };
  // what has run often is compiled by and by: both get as long for it before anything is timed
  for (const batch of batches)
    for (let seed = 1000, start = performance.now(); performance.now() - start < 1000 * Number(warm); seed++)
      await searchSufficiency(model, { ...options, seed, batch });
  console.log(head);
  const took = new Map(batches.map((batch) => [batch, { seconds: [], processor: [], passes: [], evaluated: [] }]));
  const found = new Set();
  for (let seed = 1; seed <= Number(repeats); seed++) {
    const paths = new Set();
    for (const batch of batches) {
      const before = process.cpuUsage();
      const { broken, search } = await searchSufficiency(model, { ...options, seed, batch });
      const { user, system } = process.cpuUsage(before);
      if (!broken !== name.startsWith('none'))
        throw new Error(`${name}: seed ${seed} found ${broken ? broken.trial.description : 'nothing'}`);
      const entry = took.get(batch);
      entry.seconds.push(search.seconds);
      entry.processor.push((user + system) / 1e6);
      entry.passes.push(search.passes);
      entry.evaluated.push(search.evaluated);
      paths.add(`${search.details.counterexamplePath} ${broken?.trial.description}`);
      found.add(broken ? broken.trial.components.map((one) => one.name).join(' and ') : 'nothing');
    }
    if (paths.size !== 1) throw new Error(`${name}: seed ${seed} came out differently: ${[...paths].join('\n')}`);
  }
  const slow = took.get(1);
  const faster = (batch, key) =>
    batch === 1 ? '' : `${(median(slow[key]) / median(took.get(batch)[key])).toFixed(1)} x`;
  for (const [batch, { seconds, processor, passes, evaluated }] of took)
    console.log(
      `| ${name} | ${batch} | ${median(passes)} (at most ${Math.max(...passes)}) | ${median(seconds).toFixed(3)} | ${median(processor).toFixed(3)} | ${median(evaluated)} | ${faster(batch, 'seconds')} | ${faster(batch, 'processor')} |`,
    );
  console.log(`\nFound in every run: ${[...found].join('; ')}\n`);
  model.dispose();
}
