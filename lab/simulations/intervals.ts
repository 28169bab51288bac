/** Coverage of the candidate intervals for the log ratio of strangers to siblings. */
import { random } from '../../src/random.js';
import { candidateLimits, candidateNames } from './candidates.js';
import { draw, tightWorlds, Truth, worlds } from './worlds.js';

interface Tally {
  covered: number;
  below: number;
  above: number;
  all: number;
}

export function intervals(seed: number, fast: boolean, print: (...cells: (string | number)[]) => void): void {
  const sizes = fast ? [4, 10] : [4, 6, 10, 20, 40];
  const found: { world: string; m: number; cells: Tally[] }[] = [];
  const percent = (n: number, of: number): string => ((100 * n) / of).toFixed(1);
  const row = ({ covered, below, above, all }: Tally): string =>
    `${percent(covered, all)} (${percent(below, all)}/${percent(above, all)})`;
  print('\n### Candidate intervals: coverage (limit too low / too high)\n');
  print('world', 'm', 'true excess', ...candidateNames);
  print('---', '---', '---', ...candidateNames.map(() => '---'));
  for (const world of [...worlds, ...tightWorlds]) {
    const truth = new Truth(world, fast ? 20_000 : 200_000);
    for (const m of sizes) {
      for (const excess of world.level ? [0, 0.25] : [0]) {
        const shift = truth.shiftFor(excess, m);
        const goals = [0, 1].map((side) => Math.log1p(truth.excess(side, m, shift)));
        const repeats = fast ? 200 : m >= 40 ? 400 : 1000;
        const cells = candidateNames.map((): Tally => ({ covered: 0, below: 0, above: 0, all: 0 }));
        for (let n = 0; n < repeats; n++) {
          const r = random(seed, `intervals ${world.name} ${m} ${excess} ${n}`);
          const sides = candidateLimits(draw(world, m, shift, r), 0.95, fast ? 200 : 500, r);
          cells.forEach((cell, c) =>
            sides.forEach(({ limits }, a) => {
              const [low, high] = limits[c]!;
              cell.all++;
              if (goals[a]! > high) cell.below++;
              else if (goals[a]! < low) cell.above++;
              else cell.covered++;
            }),
          );
        }
        found.push({ world: world.name, m, cells });
        print(world.name, m, excess, ...cells.map(row));
      }
    }
  }
  print('\n### Candidate intervals: least coverage and largest one-sided miss over all worlds\n');
  print('m', ...candidateNames);
  print('---', ...candidateNames.map(() => '---'));
  for (const m of sizes) {
    const at = found.filter((f) => f.m === m);
    print(
      m,
      ...candidateNames.map((_, c) => {
        const tallies = at.map((f) => f.cells[c]!);
        return `${(100 * Math.min(...tallies.map((t) => t.covered / t.all))).toFixed(1)} (${(100 * Math.max(...tallies.map((t) => t.below / t.all))).toFixed(1)}/${(100 * Math.max(...tallies.map((t) => t.above / t.all))).toFixed(1)})`;
      }),
    );
  }
}
