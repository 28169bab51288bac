// The control of twins: how often it says that the pairing of components matters where it does not, for components that can stand for each other (a), and how much it matters in copies of the calibration's networks (b).
// What came out: lab/twins.md. Runs from the sources, without a build.
//   node lab/bench/twins-pairing.mjs random [repeats]
//   node lab/bench/twins-pairing.mjs zoo [pairs of a kind] [kind ...]
// (a) A layer of random features, and itself with its units paired at random: `width` units, of which a draw takes a quarter from another input. (b) Kinds are those of lab/calibration/kinds.ts.
import { join } from 'node:path';
import { fromSources, root } from './sources.mjs';

const { Control, Zoo, anyAnswer, exchangeable, components, drawTwins, kinds, openTwins, random, seedOf, wilson } =
  await fromSources(
    'twins-pairing',
    `
    export { kinds } from './lab/calibration/kinds.js';
    export { seedOf } from './lab/calibration/comparison.js';
    export { Zoo } from './lab/calibration/zoo.js';
    export { components } from './src/circuit/component.js';
    export { Control } from './src/verdict/twins/control.js';
    export { drawTwins, openTwins } from './src/verdict/twins/draw-twins.js';
    export { wilson } from './src/statistics/intervals.js';
    export { anyAnswer, exchangeable } from './tests/helpers/exchangeable.js';
    export { random } from './src/random.js';`,
  );

const [what = 'random', count = 200, ...only] = process.argv.slice(2);
const repeats = Number(count);
const levels = { alpha: 0.05, beta: 0.05 };
const common = { levels, pool: 'last', splits: 3, minAcceptance: 0.2, say: () => undefined };
/** At most so many draws of the control. */
const DRAWS = 20;
const middle = (values, share = 0.5) => values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))];
const rate = (some, of) => {
  const { estimate, low, high } = wilson(some, of, 0.95);
  return `${some} of ${of}, ${(100 * estimate).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
};

async function atRandom() {
  console.log(
    '| units | pairing certain to matter | the same, of pairings with at most an eighth of the units in their place | certain not to | derived but for the control | derived |',
  );
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const width of [4, 8, 16, 32, 96]) {
    const found = { matters: 0, wrong: 0, not: 0, without: 0, derived: 0 };
    let misplaced = 0;
    for (let run = 0; run < repeats; run++) {
      const model = exchangeable(`run ${run}`, { width, seed: run });
      const pairs = components(model).map((one) => [one, one]);
      // any permutation, the right one among them
      const order = random(run, 'pairing').permutation(width);
      const map = Object.fromEntries(pairs.map(([{ name }], at) => [name, pairs[order[at]][1].name]));
      const options = {
        ...common,
        on: anyAnswer,
        seed: run,
        budget: { draws: DRAWS },
        measure: 'cka',
        set: { outside: ['layer.unit.*'], fraction: 0.25 },
        map,
      };
      const open = await openTwins([model, model], options);
      await open.sampler.fill(1 + DRAWS);
      const control = await new Control(open.sampler, { levels, late: () => false }).evidence();
      // units that are paired with themselves: a random pairing of few is right in part
      const isWrong = order.filter((to, at) => to === at).length <= width / 8;
      if (isWrong) misplaced++;
      if (control.ratio?.high < 0.5) {
        found.matters++;
        if (isWrong) found.wrong++;
      }
      if (control.ratio?.low > 0.5) found.not++;
      const { twins } = await drawTwins(open, options);
      if (twins.ratio.high < 1 && twins.meanRatio.high < 1 && twins.cosine?.low > 0.5) found.without++;
      if (twins.outcome === 'derived') found.derived++;
      model.dispose();
    }
    console.log(
      `| ${width} | ${rate(found.matters, repeats)} | ${rate(found.wrong, misplaced)} | ${rate(found.not, repeats)} | ${found.without} | ${found.derived} |`,
    );
  }
}

async function ofZoo() {
  const zoo = await Zoo.open(join(root, 'lab/calibration/models'));
  console.log('| kind | pairs | control | draws | skipped | response cosine | at random | pairing ratio |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const { id, draw } of kinds.filter(({ id }) => only.includes(id))) {
    const found = [];
    const said = { matters: 0, not: 0, open: 0 };
    for (let index = 0; index < repeats; index++) {
      const seed = seedOf(id, index);
      const { baseline, candidate, on, own } = await draw(zoo, seed);
      const options = { ...common, on, seed, inputs: 128, budget: { draws: DRAWS }, measure: 'ridge' };
      const { sampler } = await openTwins([baseline, candidate], options);
      if (sampler) {
        await sampler.fill(1 + DRAWS);
        const control = await new Control(sampler, { levels, late: () => false }).evidence();
        said[control.ratio?.high < 0.5 ? 'matters' : control.ratio?.low > 0.5 ? 'not' : 'open']++;
        if (control.ratio) found.push(control);
      }
      for (const model of own) model.dispose();
    }
    const column = (of) => {
      const values = found.map(of);
      return `${middle(values).toFixed(2)}, ${middle(values, 0).toFixed(2)} to ${middle(values, 1).toFixed(2)}`;
    };
    console.log(
      `| ${id} | ${found.length} | matters ${said.matters}, does not ${said.not}, open ${said.open} | ${middle(found.map((one) => one.pairs + one.skipped))}, at most ${middle(
        found.map((one) => one.pairs + one.skipped),
        1,
      )} | ${found.reduce((sum, one) => sum + one.skipped, 0)} | ${column((one) => one.cosine)} | ${column((one) => one.atRandom)} | ${column((one) => one.ratio.estimate)} |`,
    );
  }
  await zoo.dispose();
}

await (what === 'zoo' ? ofZoo() : atRandom());
