// Do two releases of Magika use their channels alike? Half of the channels of the pooled convolution are taken from another file in both, beside a copy as control; behind lab/real-models.md.
//   CONGRUITY_MODELS=path/to/models npm run build && CONGRUITY_MODELS=path/to/models node lab/bench/magika-respond.mjs
// of the example, which is written against the built package
import { fromSources as bundled } from './sources.mjs';

const { magika, slices, respondAlike } = await bundled(
  'magika-respond',
  `
    export { magika } from './examples/onnx-release/magika.js';
    export { slices } from './examples/onnx-release/slices.js';
    export { respondAlike } from 'congruity';`,
);

const [older, newer] = [await magika('v3_2'), await magika('v3_3')];
const [site] = older.representationSites;
const family = older.parts.find((part) => part.site === site) ?? older.parts[0];
const half = Array.from({ length: family.count / 2 }, (_, i) => 2 * i);
console.log(`every other channel of ${site}, ${half.length} of ${family.count}`);
console.log(
  '| slice | pair | outcome | discrepancy | effect | kept | draws |\n| --- | --- | --- | --- | --- | --- | --- |',
);
const shown = ({ estimate, low, high }) => `${estimate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
for (const [name, on] of Object.entries(slices()))
  for (const [pair, candidate] of [
    ['v3_2, v3_2', older],
    ['v3_2, v3_3', newer],
  ]) {
    const { outcome, draws, roles } = await respondAlike(older, candidate, {
      on,
      inputs: 200,
      roles: [{ baseline: site, at: { [family.axis]: half } }],
    });
    const [{ discrepancy, effect, kept }] = roles;
    console.log(
      `| ${name} | ${pair} | ${outcome} | ${shown(discrepancy)} | ${shown(effect)} | ${shown(kept)} | ${draws} |`,
    );
  }
for (const model of [older, newer]) model.dispose();
