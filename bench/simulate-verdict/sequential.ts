/** Drawing until the verdict is certain, against drawing a fixed number: error rates, power and draws on worlds whose answer is known. */
import { random } from '../../src/random.js';
import type { Block } from '../../src/verdict/certificate.js';
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

export async function sequentialCell(world: World, truth: Truth, excess: number, repeats: number, budget: number, fixed: number, seed: number): Promise<SequentialCell> {
  const shift = truth.shiftFor(excess, budget);
  const none = { equivalent: 0, different: 0, undecided: 0 };
  const cell: SequentialCell = { world: world.name, excess, repeats, said: { ...none }, draws: [], certain: 0, fixed: { ...none } };
  const levels = { alpha: policy.alpha, beta: policy.beta };
  for (let n = 0; n < repeats; n++) {
    const all = draw(world, budget + 1, shift, random(seed, `sequential ${world.name} ${excess} ${n}`));
    let drawn = 1;
    const { judged, sequential } = await untilCertain({
      levels,
      budget: { draws: budget },
      tests: [{ measure: 'distance', policy }],
      independent: () => true,
      fill: async (count) => {
        drawn = count;
        return true;
      },
      block: async (count) => [blockOf(all, count)],
      judge: async (at) => judge(first(all, drawn), atLevels(policy, at), n),
      late: () => false,
    });
    cell.said[judged.outcome]++;
    cell.draws.push(drawn - 1);
    if (sequential.stopped === 'certain') cell.certain++;
    cell.fixed[judge(first(all, fixed + 1), policy, n).outcome]++;
  }
  cell.draws.sort((a, b) => a - b);
  return cell;
}
