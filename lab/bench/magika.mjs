// What is alike in two releases of Magika, and what is not; behind lab/real-models.md. Beside the two releases stands a release and itself.
//   export CONGRUITY_MODELS=path/to/models; node lab/bench/magika.mjs [slice ...]
// 1. answers, with half of the channels of the pooled convolution taken from another file in both models;
// 2. twins, with channels paired by their number and, as a control, at random.
import { join } from 'node:path';
import { fromSources, root } from './sources.mjs';

const { CommonSampler, byIntervention, comparedInputs, components, drawTwins, magika, random, respondAlike, slices } =
  await fromSources(
    'magika',
    `
    export { magika } from './examples/onnx-release/magika.js';
    export { slices } from './examples/onnx-release/slices.js';
    export { components } from './src/circuit/component.js';
    export { CommonSampler } from './src/implementations/common.js';
    export { comparedInputs } from './src/implementations/inputs.js';
    export { byIntervention } from './src/implementations/index.js';
    export { random } from './src/random.js';
    export { respondAlike } from './src/response/respond-alike.js';
    export { drawTwins } from './src/verdict/twins/draw-twins.js';`,
    // the example looks for files from its own folder
    { __dirname: JSON.stringify(join(root, 'examples', 'onnx-release')) },
  );

const only = process.argv.slice(2);
const [older, newer] = [await magika('v3_2'), await magika('v3_3')];
const channels = components(older);
const [{ site, axis }] = channels;
const half = Array.from({ length: channels.length / 2 }, (_, i) => 2 * i);
const shown = ({ estimate, low, high }) => `${estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
const limits = { seed: 0, inputs: 200 };

async function twinsOf(candidate, on, paired) {
  const options = {
    ...limits,
    on,
    budget: { draws: 40 },
    levels: { alpha: 0.05, beta: 0.05 },
    pool: 'last',
    measure: 'ridge',
    splits: 3,
    minAcceptance: 0.2,
    say: () => undefined,
  };
  const sets = [older, candidate].map((model) => byIntervention(model));
  const compared = await comparedInputs(on, sets, options.inputs, options.seed);
  const theirs = components(candidate);
  const order = paired === 'by number' ? channels.map((_, i) => i) : random(0, 'channels').permutation(channels.length);
  const pairs = channels.map((one, i) => [one, theirs[order[i]]]);
  const { rows, examples } = compared;
  const sampler = await CommonSampler.start(sets, pairs, {
    task: on,
    examples,
    rows,
    seed: 0,
    searchSeed: 0,
    minAcceptance: 0.2,
    pool: 'last',
    perSite: 8,
    keepSites: false,
  });
  return (await drawTwins({ compared, sampler }, options)).twins;
}

console.log(`${channels.length} channels of ${site}`);
for (const [name, on] of Object.entries(slices())) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const [pair, candidate] of Object.entries({ 'v3_2, v3_2': older, 'v3_2, v3_3': newer })) {
    const { outcome, roles } = await respondAlike(older, candidate, {
      ...limits,
      on,
      roles: [{ baseline: site, at: { [axis]: half } }],
    });
    const [{ discrepancy, effect, kept }] = roles;
    console.log(
      `${name}, ${pair}: half of the channels replaced: ${outcome}, answers apart ${shown(discrepancy)}, effect ${shown(effect)}, kept ${shown(kept)}`,
    );
    for (const paired of ['by number', 'at random']) {
      const { outcome: said, ratio, cosine, pairs, control, findings } = await twinsOf(candidate, on, paired);
      const matters = control
        ? `pairing ratio ${shown(control.ratio)} from ${control.pairs} draws, ${control.skipped} skipped`
        : 'no control';
      console.log(
        `${name}, ${pair}: channels paired ${paired}: ${said} (${findings[0].code}) after ${pairs}, ratio ${shown(ratio)}, response cosine ${shown(cosine)}, ${matters}`,
      );
    }
  }
}
for (const model of [older, newer]) model.dispose();
