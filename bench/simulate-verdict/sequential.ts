/** Drawing until the verdict is certain, against drawing a fixed number: error rates, power and draws on worlds whose answer is known. */
import { random } from '../../src/random.js';
import type { Block, Levels } from '../../src/verdict/certificate.js';
import type { Blocks, Judgement } from '../../src/verdict/judgement.js';
import { atLevels, resolvePolicy } from '../../src/verdict/policy.js';
import { judge } from '../../src/verdict/rule.js';
import { untilCertain } from '../../src/verdict/sequential.js';
import { draw, type Truth, type World } from './worlds.js';

const policy = resolvePolicy({ bootstrap: 100 }); // the scores' bootstrap decides nothing: kept small for speed

export interface SequentialCell {
  readonly world: string;
  readonly excess: number;
  readonly repeats: number;
  readonly said: Record<Judgement['outcome'], number>;
  /** draws a side, besides the model itself */
  readonly draws: number[];
  /** stopped by the running test */
  certain: number;
  /** one look, at a fixed number of draws */
  readonly fixed: Record<Judgement['outcome'], number>;
}

/** The first so many of each side. */
function first(b: Blocks, count: number): Blocks {
  const cut = (data: Float64Array, columns: number): Float64Array => {
    const out = new Float64Array(count * count);
    for (let i = 0; i < count; i++) out.set(data.subarray(i * columns, i * columns + count), i * count);
    return out;
  };
  return { m1: count, m2: count, within1: cut(b.within1, b.m1), within2: cut(b.within2, b.m2), across: cut(b.across, b.m2) };
}

function blockOf({ m1, m2, within1, within2, across }: Blocks, count: number): Block {
  const [i, j] = [count - 2, count - 1];
  return { siblings: [within1[i * m1 + j]!, within2[i * m2 + j]!], strangers: [across[i * m2 + i]!, across[i * m2 + j]!, across[j * m2 + i]!, across[j * m2 + j]!] };
}

/** What `untilCertain` asks for, of distances that are all there: with how many are drawn so far. */
function stepsOf(all: Blocks, budget: number, n: number) {
  let drawn = 1;
  return {
    drawn: () => drawn,
    steps: {
      levels: { alpha: policy.alpha, beta: policy.beta },
      budget: { draws: budget },
      tests: [{ measure: 'distance', policy }],
      independent: () => true,
      fill: async (count: number) => {
        drawn = count;
        return true;
      },
      blocks: async (counts: readonly number[]) => counts.map((count) => [blockOf(all, count)]),
      judge: async (at: Levels) => judge(first(all, drawn), atLevels(policy, at), n),
      late: () => false,
    },
  };
}

export async function sequentialCell(world: World, truth: Truth, excess: number, repeats: number, budget: number, fixed: number, seed: number): Promise<SequentialCell> {
  const shift = truth.shiftFor(excess, budget);
  const none = { equivalent: 0, different: 0, undecided: 0 };
  const cell: SequentialCell = { world: world.name, excess, repeats, said: { ...none }, draws: [], certain: 0, fixed: { ...none } };
  for (let n = 0; n < repeats; n++) {
    const all = draw(world, budget + 1, shift, random(seed, `sequential ${world.name} ${excess} ${n}`));
    const { steps, drawn } = stepsOf(all, budget, n);
    const { judged, sequential } = await untilCertain(steps);
    cell.said[judged.outcome]++;
    cell.draws.push(drawn() - 1);
    if (sequential.stopped === 'certain') cell.certain++;
    cell.fixed[judge(first(all, fixed + 1), policy, n).outcome]++;
  }
  cell.draws.sort((a, b) => a - b);
  return cell;
}

export interface AloneCell {
  readonly said: Record<Judgement['outcome'], number>;
  /** different at a single site, all sites together undecided */
  alone: number;
}

/**
 * Drawing until certain with a last look at single sites. All sites together and each site are separate draws of one world, which is the worst case for a false alarm: they
 * then have as many chances as there are.
 */
export async function aloneCell(world: World, truth: Truth, together: number, sites: readonly number[], repeats: number, budget: number, seed: number): Promise<AloneCell> {
  const cell: AloneCell = { said: { equivalent: 0, different: 0, undecided: 0 }, alone: 0 };
  for (let n = 0; n < repeats; n++) {
    const of = (excess: number, name: string): Blocks => draw(world, budget + 1, truth.shiftFor(excess, budget), random(seed, `alone ${world.name} ${together} ${sites.join()} ${name} ${n}`));
    const { steps, drawn } = stepsOf(of(together, 'together'), budget, n);
    let bySite = false;
    const { judged } = await untilCertain<Judgement>({
      ...steps,
      alone: async (alpha) => async ({ policy: { beta } }) => {
        const found = sites.map((excess, s) => judge(first(of(excess, `site ${s}`), drawn()), atLevels(policy, { alpha: alpha / sites.length, beta }), n)).find(({ outcome }) => outcome === 'different');
        bySite = found !== undefined;
        return found;
      },
    });
    cell.said[judged.outcome]++;
    if (bySite) cell.alone++;
  }
  return cell;
}
