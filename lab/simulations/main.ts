/** Prints the tables of lab/simulations.md. Deterministic by seed. */
import { wilson } from '../../src/statistics/intervals.js';
import { judge } from '../../src/verdict/rule/judge.js';
import { defaultPolicy } from '../../src/verdict/rule/policy.js';
import { byRun } from '../../src/verdict/rule/runs.js';
import { random } from '../../src/random.js';
import { edgeCell } from './edge.js';
import { inputCell, shiftFor } from './inputs.js';
import { inputVerdictCell } from './input-verdicts.js';
import { twinInputCell, twinNumbers, twinTruth } from './twin-inputs.js';
import { intervals } from './intervals.js';
import { bankCells, energyCells, pairingCells, runningCells, shareCells, type LevelCell } from './levels.js';
import { runCell, type Cell } from './rule.js';
import { aloneCell, sequentialCell, untouchedCell } from './sequential.js';
import { broad, draw, heavy, hiddenWorlds, runs, tightWorlds, Truth, twins, worlds, type World } from './worlds.js';

const print = (...cells: (string | number)[]): void =>
  console.log(cells.length === 1 ? String(cells[0]) : `| ${cells.join(' | ')} |`);
const header = (...names: string[]): void => {
  print(...names);
  print(...names.map(() => '---'));
};
/** percent with its 95 % Wilson interval */
const rate = (n: number, of: number): string => {
  const { estimate, low, high } = wilson(n, of, 0.95);
  return `${(100 * estimate).toFixed(1)} (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)})`;
};
/** the same with two digits */
const precise = (n: number, of: number): string => {
  const { estimate, low, high } = wilson(n, of, 0.95);
  return `${(100 * estimate).toFixed(2)} (${(100 * low).toFixed(2)}-${(100 * high).toFixed(2)})`;
};
const short = (n: number, of: number): string => ((100 * n) / of).toFixed(1);

export async function main(args: string[]): Promise<void> {
  const fast = args.includes('--fast');
  const seed = args.includes('--seed') ? Number(args[args.indexOf('--seed') + 1]) : 1;
  const wants = (name: string): boolean => ['all', name].includes(args.find((a) => /^[a-z]+$/.test(a)) ?? 'all');
  const repeats = (m: number): number => (fast ? 60 : m <= 10 ? 1000 : m <= 20 ? 600 : m <= 40 ? 300 : 200);
  const pairs = fast ? 20_000 : 200_000;

  if (wants('sequential')) await sequential(seed, fast, pairs);
  if (wants('edge')) await edge(seed, fast, pairs);
  if (wants('levels')) levels(seed, fast, pairs);
  if (wants('inputs')) inputs(seed, fast);
  if (wants('inputs') || wants('verdicts')) await inputVerdicts(seed, fast);
  if (wants('either')) either(seed, fast, pairs);
  if (wants('alone')) await alone(seed, fast, pairs);
  if (wants('untouched')) await untouched(seed, fast, pairs);
  if (wants('intervals')) intervals(seed, fast, print);
  if (wants('rule')) rule(seed, repeats, pairs, fast);
  if (wants('few')) few(seed, repeats, fast);
  if (wants('unequal')) unequal(seed, fast, pairs);
  if (wants('drift')) drift(seed, fast, pairs);
  if (wants('runs')) unions(seed, fast);
  if (wants('time')) time(seed);
}

function rule(seed: number, repeats: (m: number) => number, pairs: number, fast: boolean): void {
  const excesses = [0, 0.02, 0.25, 0.5, 3];
  const sizes = fast ? [4, 6, 10, 20] : [4, 6, 10, 20, 40];
  const cells: Cell[] = [];
  print('\n### Every cell\n');
  header(
    'world',
    'true excess',
    'm',
    'equivalent',
    'different',
    'undecided',
    'intervals alone: near / far',
    'different, noise <= margin',
    'noise <= margin',
    'p <= 0.05',
    'coverage',
  );
  for (const world of [...worlds, ...tightWorlds]) {
    const truth = new Truth(world, pairs);
    for (const excess of world.level ? excesses : [0]) {
      for (const m of sizes) {
        const c = runCell(world, truth, m, excess, repeats(m), seed);
        cells.push(c);
        const n = c.repeats;
        print(
          c.world,
          excess,
          m,
          rate(c.equivalent, n),
          rate(c.different, n),
          short(c.undecided, n),
          `${short(c.near, n)} / ${short(c.far, n)}`,
          short(c.strictDifferent, n),
          short(c.selfCongruent, 2 * n),
          short(c.significant, n),
          short(c.covered, 2 * n),
        );
      }
    }
  }
  const level = cells.filter((c) => !c.world.startsWith('tight'));
  print('\n### Worst and middle world\n');
  header('', ...sizes.map((m) => `m = ${m}`));
  const line = (
    name: string,
    excess: number[],
    field: keyof Cell,
    which: 'worst' | 'middle' | 'least',
    per = 1,
  ): void =>
    print(
      name,
      ...sizes.map((m) => {
        const sorted = level
          .filter((c) => c.m === m && excess.includes(c.excess))
          .sort((a, b) => Number(a[field]) / a.repeats - Number(b[field]) / b.repeats);
        const c =
          sorted[which === 'worst' ? sorted.length - 1 : which === 'least' ? 0 : Math.floor(sorted.length / 2)]!;
        return `${rate(Number(c[field]), per * c.repeats)}${which === 'middle' || Number(c[field]) === 0 ? '' : ` ${c.world}`}`;
      }),
    );
  line('false equivalent, excess 0.25', [0.25], 'equivalent', 'worst');
  line('false equivalent, excess 0.5 or 3', [0.5, 3], 'equivalent', 'worst');
  line('false different, excess 0', [0], 'different', 'worst');
  line('false different, excess 0.02', [0.02], 'different', 'worst');
  line('false different, excess 0.25', [0.25], 'different', 'worst');
  line('equivalent at excess 0: middle world', [0], 'equivalent', 'middle');
  line('equivalent at excess 0: worst world', [0], 'equivalent', 'least');
  line('different at excess 0.5: middle world', [0.5], 'different', 'middle');
  line('different at excess 3: middle world', [3], 'different', 'middle');
  line('different at excess 3: worst world', [3], 'different', 'least');
  line('the same with noise <= margin: middle world', [3], 'strictDifferent', 'middle');
  line('the same with noise <= margin: worst world', [3], 'strictDifferent', 'least');
  line('energy test, p <= 0.05 at excess 0: worst world', [0], 'significant', 'worst');
  line('coverage (90 % is asked), excess 0 to 0.25: worst world', [0, 0.02, 0.25], 'covered', 'least', 2);
  line('coverage (90 % is asked), excess 0.5 and 3: worst world', [0.5, 3], 'covered', 'least', 2);
  const null0 = level.filter((c) => c.excess === 0);
  print(
    `\nEnergy test over all worlds at excess 0: ${rate(
      null0.reduce((s, c) => s + c.significant, 0),
      null0.reduce((s, c) => s + c.repeats, 0),
    )} % with p <= 0.05.`,
  );

  print('\n### What a threshold on the score would say\n');
  header(
    'case',
    'm',
    'congruity >= 0.9',
    'congruity >= 0.8',
    'strict score >= 0.8',
    'mean congruity',
    'the rule: equivalent',
    'the rule: different',
  );
  for (const [world, excess] of [
    ['gauss-10', 0],
    ['gauss-200', 0],
    ['gauss-200', 0.02],
    ['gauss-2', 0.25],
    ['gauss-2', 0.5],
    ['clusters', 0.25],
    ['tight-0.5', 0],
    ['tight-0.2', 0],
  ] as const) {
    for (const m of [6, 20]) {
      const c = cells.find((x) => x.world === world && x.excess === excess && x.m === m)!;
      const p = (n: number): string => `${short(n, c.repeats)} %`;
      print(
        `${world}, excess ${excess}`,
        m,
        p(c.congruity9),
        p(c.congruity8),
        p(c.strict8),
        c.meanCongruity.toFixed(2),
        p(c.equivalent),
        p(c.different),
      );
    }
  }
}

/** Drawing until certain, at most 40 a side. Verdicts by the limits alone. */
async function sequential(seed: number, fast: boolean, pairs: number): Promise<void> {
  const repeats = fast ? 40 : 300;
  print('\n### Drawing until certain (at most 40 a side; verdicts by the limits alone)\n');
  header(
    'world',
    'true excess',
    'equivalent',
    'different',
    'undecided',
    'draws a side: 10 % / median / 90 %',
    'certain before the end',
    'smallest tolerance: median',
    'below the true excess',
  );
  const wrong = { equivalent: 0, different: 0, low: 0 };
  const of = { far: 0, near: 0, all: 0 };
  for (const world of worlds) {
    const truth = new Truth(world, pairs);
    for (const excess of [0, 0.02, 0.25, 0.5, 1, 3]) {
      const c = await sequentialCell(world, truth, excess, repeats, 40, seed);
      print(
        c.world,
        excess,
        rate(c.said.equivalent, repeats),
        rate(c.said.different, repeats),
        short(c.said.undecided, repeats),
        quantiles(c.draws),
        short(c.certain, repeats),
        median(c.smallest),
        short(c.low, repeats),
      );
      if (excess >= 0.25) [wrong.equivalent, of.far] = [wrong.equivalent + c.said.equivalent, of.far + repeats];
      if (excess <= 0.25) [wrong.different, of.near] = [wrong.different + c.said.different, of.near + repeats];
      [wrong.low, of.all] = [wrong.low + c.low, of.all + repeats];
    }
  }
  print(
    `\nOver all worlds: wrongly equivalent (excess 0.25 and more) ${rate(wrong.equivalent, of.far)} %; wrongly different (excess up to 0.25) ${rate(wrong.different, of.near)} %; smallest tolerance below the true excess ${rate(wrong.low, of.all)} %.`,
  );
}

const quantiles = (draws: readonly number[]): string =>
  [0.1, 0.5, 0.9].map((q) => draws[Math.floor(q * (draws.length - 1))]).join(' / ');
const median = (sorted: readonly number[]): string => {
  const middle = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return Number.isFinite(middle) ? `${(100 * middle).toFixed(0)} %` : 'none';
};

// Gaussian strangers are sqrt((1 + breadth^2) / 2) times as far as the first side's siblings
const BROADER = Math.sqrt(2 * (1 + defaultPolicy.margin) ** 2 - 1);
/** Worlds of which one side sees just the margin: by their breadth, or by a shift that puts them there. */
const edges: readonly World[] = [
  ...[BROADER, 0.5].flatMap((b) => [2, 10, 50].map((dimension) => broad(dimension, b))),
  ...[BROADER, 0.5].map(heavy),
  ...[BROADER, 0.5].flatMap((b) => [2, 10].map((dimension) => twins(dimension, b, 0.95))),
];
const shiftOf = (world: World, truth: Truth): number =>
  world.name.endsWith('0.50') ? truth.shiftFor(defaultPolicy.margin, 40) : 0;

/**
 * Every exact test at its edge. At a rate that is the level itself, a 95 % interval ends below 1.2 times the level with a chance of 97.5 % only from (1.96 + 1.96)^2 (1 - level) / (0.2^2 level) repeats on: 7300
 * at 5 %. A thousand can show it of a test that is wrong in at most 4.6 %.
 */
function levels(seed: number, fast: boolean, pairs: number): void {
  const repeats = fast ? 1000 : 20_000;
  print('\n### Exact tests at the edge of what they test\n');
  header('test', 'of', 'level, %', 'wrong, %', 'upper limit / level');
  const line = ({ test, of, level, wrong, repeats: all }: LevelCell): void =>
    print(test, of, (100 * level).toFixed(1), precise(wrong, all), (wilson(wrong, all, 0.95).high / level).toFixed(2));
  const worst = new Map<string, LevelCell>();
  const show = (cells: readonly LevelCell[]): void => {
    for (const cell of cells) {
      line(cell);
      if (cell.wrong > (worst.get(cell.test)?.wrong ?? -1)) worst.set(cell.test, cell);
    }
  };
  for (const world of edges) show(runningCells(world, shiftOf(world, new Truth(world, pairs)), repeats, seed));
  show(pairingCells(repeats, seed));
  const [plane, wide] = [worlds[0]!, worlds[1]!];
  const tails = worlds.find(({ name }) => name === 'heavy-t3')!;
  for (const world of [plane, wide, tails, twins(2, 1, 0.95), twins(10, 1, 0)])
    for (const m of [6, 11]) show(energyCells(world, m, fast ? repeats : 8000, seed));
  for (const world of [plane, wide, tails])
    for (const [members, stop] of [
      [8, 0],
      [8, 8],
      [19, 0],
    ] as const)
      show(bankCells(world, members, stop, repeats, seed));
  show(shareCells(repeats, seed));
  print('\n#### The worst of each\n');
  header('test', 'of', 'level, %', 'wrong, %', 'upper limit / level');
  for (const cell of worst.values()) line(cell);
}

/** The edge of the margin, where one side alone can err. Verdicts by the limits alone. */
async function edge(seed: number, fast: boolean, pairs: number): Promise<void> {
  const repeats = fast ? 200 : 1000;
  const copies: World[] = [
    ...[3, 5, 10, 30].map((dimension) => broad(dimension, 1.1)),
    ...[3, 5, 10, 30].map((dimension) => twins(dimension, 1.1, 0.95)),
  ];
  print('\n### At the edge of the margin, as one side sees it (at most 40 a side; verdicts by the limits alone)\n');
  header(
    'world',
    'true excess, seen from each side',
    'the same of half of the triples',
    'equivalent',
    'different',
    'undecided',
    'running test at its edge: equivalent',
    'different',
    'draws: 10 % / median / 90 %',
    'smallest tolerance below the true excess',
    'largest above it',
    'smallest tolerance: median',
  );
  const percents = (two: readonly number[]): string => two.map((x) => (100 * x).toFixed(1)).join(', ');
  for (const world of [...edges, ...copies]) {
    const truth = new Truth(world, pairs);
    const c = await edgeCell(world, truth, shiftOf(world, truth), repeats, 40, seed);
    print(
      world.name,
      percents(c.mean),
      percents(c.share),
      rate(c.said.equivalent, repeats),
      rate(c.said.different, repeats),
      short(c.said.undecided, repeats),
      rate(c.running.equivalent, repeats),
      rate(c.running.different, repeats),
      quantiles(c.draws),
      rate(c.low, repeats),
      rate(c.high, repeats),
      median(c.smallest),
    );
  }
}

/** Limits of the excess and of twins over inputs that were not drawn. */
function inputs(seed: number, fast: boolean): void {
  const repeats = fast ? 200 : 1000;
  const sizes = [
    [150, 8, undefined],
    [400, 8, undefined],
    [400, 8, 1001],
  ] as const;
  const spreads = [0.8, 0] as const;
  print('\n### Inputs as a sample: limits at 5 %, inputs and implementations drawn anew each time\n');
  header(
    'inputs',
    'shift',
    'implementations',
    'lower limit above the true excess',
    'upper limit below it',
    'without groups: lower above',
    'upper below',
    'true excess 5 %: upper limit below the margin',
    'without groups',
  );
  for (const uneven of spreads)
    for (const [n, groups, population] of sizes)
      for (const correlation of [0.95, undefined]) {
        const world = { m: 11, n, groups, population, uneven, correlation };
        const c = inputCell(world, shiftFor(defaultPolicy.margin), repeats, seed);
        const small = inputCell(world, shiftFor(0.05), repeats, seed);
        print(
          `${n} of ${population ?? 'any number'}`,
          uneven === 0 ? 'even' : 'uneven',
          correlation === undefined ? 'drawn apart' : 'twins',
          rate(c.low, repeats),
          rate(c.high, repeats),
          rate(c.lowAlone, repeats),
          rate(c.highAlone, repeats),
          rate(small.near, repeats),
          rate(small.nearAlone, repeats),
        );
      }

  print('\n### Twins and inputs: lower and upper limit of each number\n');
  header(
    'inputs',
    'weights',
    'pairs',
    'number',
    'lower limit above the truth',
    'upper limit below it',
    'without groups: lower above',
    'upper below',
  );
  const times = fast ? 100 : 500;
  for (const uneven of spreads) {
    const truth = twinTruth(uneven);
    for (const [n, groups, pairs] of [
      [150, 8, 10],
      [400, 8, 10],
      [400, 8, 20],
    ] as const) {
      const c = twinInputCell({ pairs, n, groups, uneven }, truth, times, seed);
      for (const of of twinNumbers)
        print(
          String(n),
          uneven === 0 ? 'even' : 'uneven',
          String(pairs),
          of,
          ...(['low', 'high', 'lowAlone', 'highAlone'] as const).map((which) => rate(c[of][which], times)),
        );
    }
  }
}

/** How often the verdict is wrong over inputs that were not drawn, drawn until certain. */
async function inputVerdicts(seed: number, fast: boolean): Promise<void> {
  const repeats = fast ? 100 : 1000;
  print('\n### Verdicts on inputs that are a sample: drawn until certain, true excess just the margin\n');
  header(
    'inputs',
    'shift',
    'implementations',
    'wrong verdict',
    'said',
    'without groups',
    'draws a side: 10 % / median / 90 %',
  );
  for (const uneven of [0.8, 0])
    for (const [n, population] of [
      [150, undefined],
      [400, undefined],
      [400, 1001],
    ] as const)
      for (const correlation of [0.95, undefined])
        for (const [wrong, breadth] of [
          ['equivalent', 1.2],
          ['different', 0.6],
        ] as const) {
          const world = { m: 41, n, groups: 8, population, uneven, correlation, breadth };
          const c = await inputVerdictCell(world, shiftFor(defaultPolicy.margin, breadth), repeats, seed);
          print(
            `${n} of ${population ?? 'any number'}`,
            uneven === 0 ? 'even' : 'uneven',
            correlation === undefined ? 'drawn apart' : 'twins',
            wrong,
            rate(c.said[wrong], repeats),
            rate(c.alone[wrong], repeats),
            quantiles(c.draws),
          );
        }
}

/** Sets of trained runs, each run one draw: a difference that one set sees is enough. */
function either(seed: number, fast: boolean, pairs: number): void {
  print('\n### Sets of trained runs: either set may show a difference\n');
  header('world', 'true excess', 'runs a side', 'equivalent', 'different', 'undecided', 'both must see it: different');
  const wrong = { said: 0, of: 0 };
  for (const world of [...worlds, ...tightWorlds]) {
    const truth = world.level ? new Truth(world, pairs) : undefined;
    for (const excess of world.level ? [0, 0.02, 0.25, 0.5] : [0]) {
      const shift = truth?.shiftFor(excess, 30) ?? 0;
      for (const m of [8, 15, 30]) {
        const repeats = fast ? 40 : 600;
        const said = { equivalent: 0, different: 0, undecided: 0 };
        let both = 0;
        for (let n = 0; n < repeats; n++) {
          const blocks = draw(world, m, shift, random(seed, `either ${world.name} ${excess} ${m} ${n}`));
          said[judge(blocks, { ...defaultPolicy, bootstrap: 100 }, n, undefined, true).outcome]++;
          if (judge(blocks, { ...defaultPolicy, bootstrap: 100 }, n).outcome === 'different') both++;
        }
        print(
          world.name,
          excess,
          m,
          rate(said.equivalent, repeats),
          rate(said.different, repeats),
          short(said.undecided, repeats),
          short(both, repeats),
        );
        if (world.level && excess <= 0.25) [wrong.said, wrong.of] = [wrong.said + said.different, wrong.of + repeats];
      }
    }
  }
  print(`\nWrongly different (excess up to 0.25, sets of like breadth), over all: ${rate(wrong.said, wrong.of)} %.`);
}

/** Drawing until certain, and a look at three sites by themselves where all together are left undecided. */
async function alone(seed: number, fast: boolean, pairs: number): Promise<void> {
  const repeats = fast ? 40 : 300;
  print('\n### Single sites, where all sites together leave it undecided (at most 40 a side, three sites)\n');
  header(
    'world',
    'true excess of all together, of sites',
    'equivalent',
    'different',
    'of these by a site alone',
    'undecided',
  );
  const wrong = { said: 0, of: 0 };
  for (const world of worlds) {
    const truth = new Truth(world, pairs);
    for (const [together, sites] of [
      [0.25, [0.25, 0.25, 0.25]],
      [0, [0, 0, 0]],
      [0.25, [0, 0.25, 0.5]],
      [0.25, [0, 0, 1]],
    ] as const) {
      const c = await aloneCell(world, truth, together, sites, repeats, 40, seed);
      print(
        world.name,
        `${together}; ${sites.join(', ')}`,
        rate(c.said.equivalent, repeats),
        rate(c.said.different, repeats),
        short(c.alone, repeats),
        short(c.said.undecided, repeats),
      );
      if (Math.max(...sites) <= 0.25) [wrong.said, wrong.of] = [wrong.said + c.said.different, wrong.of + repeats];
    }
  }
  print(`\nWrongly different (no site beyond 0.25), over all: ${rate(wrong.said, wrong.of)} %.`);
}

/** A site that no sibling touches beside one drawn of a world. */
async function untouched(seed: number, fast: boolean, pairs: number): Promise<void> {
  const repeats = fast ? 20 : 60;
  print('\n### A site that no sibling touches, and one that they do (at most 40 a side)\n');
  header(
    'world',
    'true excess where siblings vary',
    'strangers at the untouched site, in siblings elsewhere',
    'equivalent',
    'different',
    'of these by a site alone',
    'undecided',
    'judged like any other site: different',
  );
  const wrong = { now: 0, before: 0, of: 0 };
  for (const world of worlds.filter((w) => ['gauss-10', 'heavy-t3', 'saturated'].includes(w.name))) {
    const truth = new Truth(world, pairs);
    for (const [excess, apart] of [
      [0, 0.3],
      [0, 3],
      [0.25, 3],
      [1, 0],
      [1, 3],
    ] as const) {
      const { now, before } = await untouchedCell(world, truth, excess, apart, repeats, 40, seed);
      print(
        world.name,
        excess,
        apart,
        rate(now.said.equivalent, repeats),
        rate(now.said.different, repeats),
        short(now.alone, repeats),
        short(now.said.undecided, repeats),
        rate(before.said.different, repeats),
      );
      if (excess <= 0.25)
        [wrong.now, wrong.before, wrong.of] = [
          wrong.now + now.said.different,
          wrong.before + before.said.different,
          wrong.of + repeats,
        ];
    }
  }
  print(
    `\nWrongly different (excess up to 0.25 where siblings vary), over all: ${rate(wrong.now, wrong.of)} %; judged like any other site: ${rate(wrong.before, wrong.of)} %.`,
  );
}

/** Kinds of implementation that few draws miss: "equivalent" is wrong here. */
function few(seed: number, repeats: (m: number) => number, fast: boolean): void {
  print('\n### Kinds that few draws miss\n');
  header('world', 'm', 'equivalent (wrong)', 'intervals alone: near', 'different', 'undecided');
  for (const world of hiddenWorlds) {
    for (const m of fast ? [4, 8, 10] : [4, 5, 6, 7, 8, 9, 10, 12, 14, 20]) {
      const c = runCell(world, undefined, m, 0, repeats(m), seed);
      print(
        world.name,
        m,
        rate(c.equivalent, c.repeats),
        rate(c.near, c.repeats),
        short(c.different, c.repeats),
        short(c.undecided, c.repeats),
      );
    }
  }
}

/** Sides of unequal size: the smaller one rules the degrees of freedom. */
function unequal(seed: number, fast: boolean, pairs: number): void {
  print('\n### 8 against 40\n');
  header(
    'world',
    'true excess',
    'equivalent',
    'different',
    'undecided',
    'intervals alone: near / far',
    'p <= 0.05',
    'coverage',
  );
  for (const world of worlds.filter((w) => ['gauss-10', 'gauss-200', 'clusters', 'heavy-t3'].includes(w.name))) {
    const truth = new Truth(world, pairs);
    for (const excess of [0, 0.25, 0.5, 3]) {
      const c = runCell(world, truth, 8, excess, fast ? 60 : 600, seed, 40);
      const n = c.repeats;
      print(
        world.name,
        excess,
        rate(c.equivalent, n),
        rate(c.different, n),
        short(c.undecided, n),
        `${short(c.near, n)} / ${short(c.far, n)}`,
        short(c.significant, n),
        short(c.covered, 2 * n),
      );
    }
  }
}

/** A tiny drift must not become "different" because many implementations were drawn. */
function drift(seed: number, fast: boolean, pairs: number): void {
  print('\n### A drift of 2 %, many draws\n');
  header('world', 'm', 'equivalent', 'different', 'undecided', 'p <= 0.05', 'mean congruity');
  for (const world of worlds.filter((w) => ['gauss-10', 'gauss-200', 'clusters', 'heavy-t3'].includes(w.name))) {
    const truth = new Truth(world, pairs);
    for (const m of fast ? [10, 40] : [10, 20, 40, 100, 200]) {
      const c = runCell(world, truth, m, 0.02, fast ? 30 : 200, seed);
      print(
        world.name,
        m,
        rate(c.equivalent, c.repeats),
        rate(c.different, c.repeats),
        short(c.undecided, c.repeats),
        short(c.significant, c.repeats),
        c.meanCongruity.toFixed(2),
      );
    }
  }
}

/** Implementations that come in runs are not independent: what the rule says of two samples of one population of runs. */
function unions(seed: number, fast: boolean): void {
  print('\n### Sets made of few runs, m = 30\n');
  header('runs a side', 'counted as', 'equivalent', 'different', 'undecided');
  for (const count of [1, 2, 3, 6, 15, 30]) {
    const repeats = fast ? 30 : 400;
    const c = runCell(runs(count), undefined, 30, 0, repeats, seed);
    print(
      count,
      'implementations',
      rate(c.equivalent, repeats),
      rate(c.different, repeats),
      short(c.undecided, repeats),
    );
    if (count === 1) continue;
    const said = { equivalent: 0, different: 0, undecided: 0 };
    const labels = Array.from({ length: 30 }, (_, index) => index % count);
    for (let n = 0; n < repeats; n++)
      said[
        judge(
          byRun(draw(runs(count), 30, 0, random(seed, `runs ${count} ${n}`)), [labels, labels]),
          { ...defaultPolicy, bootstrap: 100 },
          n,
          undefined,
          true,
        ).outcome
      ]++;
    print(count, 'runs', rate(said.equivalent, repeats), rate(said.different, repeats), short(said.undecided, repeats));
  }
}

/** Seconds of one judge() with the default policy: 2000 bootstrap replicates, 1999 permutations. */
function time(seed: number): void {
  print('\n### One judgement, default policy\n');
  header('m', 'milliseconds, median of 9');
  for (const m of [4, 10, 20, 40, 100, 200]) {
    const blocks = draw(worlds[1]!, m, 1, random(seed, `time ${m}`));
    const took = Array.from({ length: 9 }, () => {
      const started = performance.now();
      judge(blocks, defaultPolicy, seed);
      return performance.now() - started;
    }).sort((a, b) => a - b);
    print(m, took[4]!.toFixed(0));
  }
}
