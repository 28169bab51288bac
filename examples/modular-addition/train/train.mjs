// Makes the models of this example: node examples/modular-addition/train/train.mjs [which ...] [--steps=N] [--seed=N] [--out=folder] [--dry]
// Without names: all of them, in order. --dry saves nothing and prints the SHA-256 of the weights (to see that a seed repeats itself).
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tfjs } from './backend.mjs';
import { fromTensors, load, save, toTensors } from './files.mjs';
import { allPairs, evaluate, fit, split } from './fit.mjs';
import { batch, initial } from './network.mjs';
import { quantised, relativeChange } from './quantise.mjs';
import { recipes } from './recipes.mjs';

const args = process.argv.slice(2);
const option = (name) => args.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const names = args.filter((a) => !a.startsWith('--'));
const unknown = names.find((name) => !(name in recipes));
if (unknown !== undefined) throw new Error(`no recipe called ${unknown}; there are ${Object.keys(recipes).join(', ')}`);
const out = option('out') ?? fileURLToPath(new URL('../models/', import.meta.url));
mkdirSync(out, { recursive: true });
const place = (name) => `${out}/${name}`;

const tf = await tfjs();

const show = ({ step, loss, held, seconds }) =>
  console.log(
    `  step ${step}: loss ${loss.toExponential(2)}, held out ${(100 * held.accuracy).toFixed(2)} % (loss ${held.loss.toExponential(2)}), ${seconds.toFixed(0)} s`,
  );

function overAll(size, tensors) {
  const rows = batch(tf, size, allPairs(size.p));
  const { accuracy } = evaluate(tf, size, fromTensors(size, tensors), rows);
  rows.dispose();
  return accuracy;
}

for (const name of names.length > 0 ? names : Object.keys(recipes)) {
  const recipe = { ...recipes[name] };
  if (option('steps') !== undefined && recipe.steps) recipe.steps = Number(option('steps'));
  if (option('seed') !== undefined && recipe.seed) recipe.seed = Number(option('seed'));
  const size = recipe.size ?? recipes[recipe.of].size;
  const before = recipe.of === undefined ? undefined : load(place(recipe.of)).tensors;
  console.log(`${name}: ${JSON.stringify(recipe)}`);

  let tensors;
  if (recipe.from === 'quantise') {
    tensors = Object.fromEntries(Object.entries(before).map(([key, tensor]) => [key, quantised(tensor)]));
  } else {
    const weights = before === undefined ? initial(size, recipe.seed) : fromTensors(size, before);
    fit(tf, size, weights, { ...recipe, ...split(size.p, recipe.trainShare, recipe.seed), report: show });
    tensors = toTensors(size, weights);
  }

  const accuracy = overAll(size, tensors);
  console.log(`  ${(100 * accuracy).toFixed(2)} % of all ${size.p * size.p} pairs`);
  if (before !== undefined) {
    const { overall, largest } = relativeChange(before, tensors);
    console.log(
      `  weights moved by ${(100 * overall).toFixed(2)} % of ${recipe.of}'s, most in ${largest.name}: ${(100 * largest.value).toFixed(2)} %`,
    );
  }
  if (args.includes('--dry')) {
    const hash = createHash('sha256');
    for (const { data } of Object.values(tensors))
      hash.update(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    console.log(`  weights ${hash.digest('hex').slice(0, 16)}`);
  } else {
    save(place(name), size, tensors, {
      title: `addition modulo ${size.p}: ${name}`,
      recipe: JSON.stringify(recipe),
      accuracy: accuracy.toFixed(4),
      licence: 'MIT',
      source: 'examples/modular-addition/train/train.mjs',
    });
  }
}
