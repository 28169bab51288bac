// How alike models of the calibration respond, role by role: what the default margin of `toRespondLike` was chosen from (pairs with even numbers) and confirmed on (odd ones).
// Runs from the sources, without a build. lab/responses.md has the numbers.
//   node lab/bench/respond.mjs [--draws 256] [--seed 0] [--pairs 12]     the mean discrepancies
//   node lab/bench/respond.mjs --verdicts odd [--pairs 12]               what `respondAlike` says by default, with rows and seconds
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fromSources, root } from './sources.mjs';

const {
  Answers,
  InputPairs,
  ResponseRunner,
  Zoo,
  distinctness,
  prunedAsFarAsItGoes,
  quantise,
  random,
  respondAlike,
  rolesOf,
} = await fromSources(
  'respond',
  `
    export { Answers } from './src/response/answers.js';
    export { InputPairs } from './src/response/pairs.js';
    export { ResponseRunner } from './src/response/runner.js';
    export { rolesOf } from './src/response/roles.js';
    export { respondAlike } from './src/response/respond-alike.js';
    export { quantise } from './src/model/formats/transformer/quantise.js';
    export { random } from './src/random.js';
    export { Zoo } from './lab/calibration/zoo.js';
    export { prunedAsFarAsItGoes } from './lab/calibration/prune.js';
    export { distinctness } from './lab/calibration/tasks.js';`,
);

const { values } = parseArgs({
  options: Object.fromEntries(
    Object.entries({ draws: '256', seed: '0', pairs: '12', verdicts: '', by: '', margin: '' }).map(
      ([name, fallback]) => [name, { type: 'string', default: fallback }],
    ),
  ),
});
const [draws, seed, most] = ['draws', 'seed', 'pairs'].map((name) => Number(values[name]));
const ways = values.by === '' ? ['resample', 'mean'] : values.by.split(',');
const zoo = await Zoo.open(join(root, 'lab', 'calibration', 'models'));

const run = (recipe) => (number) => zoo.model(recipe, number);
const learned = run('learned');
/** Kinds of pairs: the two models of a number. A copy made for the pair is disposed of. */
const kinds = {
  'fine-tuned': { of: async (n) => [await learned(n), await run('finetuned')(n)] },
  '8 bits': { of: async (n) => [await learned(n), await quantise(await learned(n), 8)], own: true },
  'pruned by 10 %': {
    of: async (n) => [await learned(n), await prunedAsFarAsItGoes(await learned(n), 0.1)],
    own: true,
  },
  'pruned by 30 % at most': {
    of: async (n) => [await learned(n), await prunedAsFarAsItGoes(await learned(n), 0.3)],
    own: true,
  },
  'constant, pruned by 30 % at most': {
    of: async (n) => [await run('constant')(n), await prunedAsFarAsItGoes(await run('constant')(n), 0.3)],
    own: true,
  },
  'sort, pruned by 30 % at most': {
    of: async (n) => [await run('sort')(n), await prunedAsFarAsItGoes(await run('sort')(n), 0.3)],
    own: true,
  },
  imitating: { of: async (n) => [await learned(n), await run('imitating')(n)] },
  distilled: { of: async (n) => [await learned(n), await run('distilled')(n)] },
  'learned, constant': { of: async (n) => [await learned(n), await run('constant')(n)] },
  'two runs of learned': { of: async (n) => [await learned(n), await learned(n + 24)] },
  'two runs of constant': { of: async (n) => [await run('constant')(n), await run('constant')(n + 16)] },
  'two runs of sort': { of: async (n) => [await run('sort')(n), await run('sort')(n + 16)] },
  'sort, count': { of: async (n) => [await run('sort')(n), await run('count')(n)] },
  'sort, rank': { of: async (n) => [await run('sort')(n), await run('rank')(n)] },
  'count, rank': { of: async (n) => [await run('count')(n), await run('rank')(n)] },
};
const numbers = Array.from({ length: 2 * most }, (_, n) => n);
const half = (n) => (n % 2 === 0 ? 'even' : 'odd');

async function each(visit) {
  for (const [kind, { of, own }] of Object.entries(kinds))
    for (const n of numbers) {
      let models;
      try {
        models = await of(n);
      } catch (error) {
        if (error.code === 'BAD_OPTION') continue; // no run of that number
        throw error;
      }
      await visit(kind, n, models);
      if (own) models[1].dispose();
    }
}
const sorted = (list) => list.toSorted((a, b) => a - b);
const span = (list) => {
  const all = sorted(list);
  const show = (x) => x.toFixed(3);
  return `${show(all[Math.floor(all.length / 2)])} [${show(all[0])}, ${show(all.at(-1))}]`;
};

/** Mean discrepancy and effect of each role, in one way. */
async function means(models, way) {
  const examples = distinctness.examples(200, seed);
  const runner = new ResponseRunner(models, distinctness, new Answers(models, distinctness, undefined), examples);
  const pairs = new InputPairs(distinctness, models, distinctness.examples(625, 0));
  const stream = random(seed, 'responses');
  const drawn = Array.from({ length: draws }, () => pairs.at(pairs.draw(stream)));
  const found = [];
  for (const role of rolesOf(models)) {
    const all = await runner.responses(drawn.map((pair) => ({ role, by: way, ...pair })));
    const mean = (of) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
    found.push({
      role: role.name,
      discrepancy: mean((one) => one.discrepancy),
      effect: mean(({ effects }) => (effects[0] + effects[1]) / 2),
      kept: way === 'mean' ? 1 : mean(({ kept }) => (kept[0] + kept[1]) / 2),
    });
  }
  return found;
}

async function discrepancies() {
  const rows = {};
  await each(async (kind, n, models) => {
    for (const way of ways) {
      const found = await means(models, way);
      const worst = found.toSorted((a, b) => b.discrepancy - a.discrepancy)[0];
      const at = (rows[`${kind} | ${half(n)} | ${way}`] ??= { average: [], worst: [], effect: [], roles: {} });
      at.average.push(found.reduce((sum, one) => sum + one.discrepancy, 0) / found.length);
      at.worst.push(worst.discrepancy);
      at.effect.push(Math.max(...found.map(({ effect, kept }) => Math.min(effect, kept))));
      at.roles[worst.role] = (at.roles[worst.role] ?? 0) + 1;
    }
  });
  console.log(
    '| pairs | numbers | by | count | mean over roles | worst role | largest effect of a role | worst role is |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [name, { average, worst, effect, roles }] of Object.entries(rows))
    console.log(
      `| ${name} | ${worst.length} | ${span(average)} | ${span(worst)} | ${span(effect)} | ${Object.entries(roles)
        .toSorted((a, b) => b[1] - a[1])
        .slice(0, 2)
        .map(([role, count]) => `${role} (${count})`)
        .join(', ')} |`,
    );
}

async function verdicts() {
  const rows = {};
  await each(async (kind, n, [baseline, candidate]) => {
    if (half(n) !== values.verdicts) return;
    const started = performance.now();
    const given = {
      ...(values.margin !== '' && { margin: Number(values.margin) }),
      ...(values.by !== '' && { by: ways }),
    };
    const at = (rows[kind] ??= { alike: 0, unlike: 0, undecided: 0, refused: 0, draws: [], rows: [], seconds: [] });
    let found;
    try {
      found = await respondAlike(baseline, candidate, { on: distinctness, seed: seed + n, ...given });
    } catch (error) {
      if (error.code !== 'BELOW_THRESHOLD') throw error;
      at.refused++;
      return;
    }
    at[found.outcome]++;
    at.draws.push(found.draws);
    at.rows.push(found.rows);
    at.seconds.push((performance.now() - started) / 1000);
  });
  console.log(
    '| pairs | alike | unlike | undecided | refused | draws | rows, both models | seconds |\n|---|---|---|---|---|---|---|---|',
  );
  const middle = (list) => sorted(list)[Math.floor(list.length / 2)];
  for (const [kind, { alike, unlike, undecided, refused, draws: drawn, rows: computed, seconds }] of Object.entries(
    rows,
  ))
    console.log(
      `| ${kind} | ${alike} | ${unlike} | ${undecided} | ${refused} | ${middle(drawn)} [${sorted(drawn)[0]}, ${sorted(drawn).at(-1)}] | ${middle(computed)} | ${middle(seconds).toFixed(2)} |`,
    );
}

await (values.verdicts === '' ? discrepancies() : verdicts());
await zoo.dispose();
