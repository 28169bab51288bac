/** Drawing until the verdict is certain: error rates, power and draws on worlds whose answer is known. Verdicts by the limits alone (`steps.ts`). */
import { copyLimit } from '../../src/measure/copies.js';
import { random } from '../../src/random.js';
import type { Blocks } from '../../src/statistics/judgement.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { defaultPolicy as policy } from '../../src/verdict/rule/policy.js';
import { untilCertain } from '../../src/verdict/sequential/sequential.js';
import { byLimits, first, stepsOf, type Said } from './steps.js';
import { draw, type Truth, type World } from './worlds.js';

export interface SequentialCell {
  readonly world: string;
  readonly excess: number;
  readonly repeats: number;
  readonly said: Record<Outcome, number>;
  /** draws a side, besides the model itself */
  readonly draws: number[];
  /** stopped by the running test */
  certain: number;
  /** smallest tolerances that would have passed, those below the true excess */
  low: number;
  readonly smallest: number[];
}

export async function sequentialCell(
  world: World,
  truth: Truth,
  excess: number,
  repeats: number,
  budget: number,
  seed: number,
): Promise<SequentialCell> {
  const shift = truth.shiftFor(excess, budget);
  const none = { equivalent: 0, different: 0, undecided: 0 };
  const cell: SequentialCell = {
    world: world.name,
    excess,
    repeats,
    said: { ...none },
    draws: [],
    certain: 0,
    low: 0,
    smallest: [],
  };
  for (let n = 0; n < repeats; n++) {
    const all = draw(world, budget + 1, shift, random(seed, `sequential ${world.name} ${excess} ${n}`));
    const { steps, drawn } = stepsOf(all, budget);
    const { judged, sequential, smallestMargin: margin } = await untilCertain(steps);
    cell.said[judged.outcome]++;
    cell.draws.push(drawn() - 1);
    if (sequential.stopped === 'certain') cell.certain++;
    cell.smallest.push(margin.margin ?? Infinity);
    if ((margin.margin ?? Infinity) < excess) cell.low++;
  }
  cell.smallest.sort((a, b) => a - b);
  cell.draws.sort((a, b) => a - b);
  return cell;
}

export interface AloneCell {
  readonly said: Record<Outcome, number>;
  /** different at a single site, all sites together undecided */
  alone: number;
}

/**
 * Drawing until certain with a last look at single sites. All sites together and each site are separate draws of one world, which is the worst case for a false alarm: they
 * then have as many chances as there are.
 */
export async function aloneCell(
  world: World,
  truth: Truth,
  together: number,
  sites: readonly number[],
  repeats: number,
  budget: number,
  seed: number,
): Promise<AloneCell> {
  const cell: AloneCell = { said: { equivalent: 0, different: 0, undecided: 0 }, alone: 0 };
  for (let n = 0; n < repeats; n++) {
    const of = (excess: number, name: string): Blocks =>
      draw(
        world,
        budget + 1,
        truth.shiftFor(excess, budget),
        random(seed, `alone ${world.name} ${together} ${sites.join()} ${name} ${n}`),
      );
    const { steps, drawn } = stepsOf(of(together, 'together'), budget);
    let bySite = false;
    const { judged } = await untilCertain<Said>({
      ...steps,
      singleSite: async (alpha) => async () => {
        const found = sites
          .map((excess, s) =>
            byLimits(first(of(excess, `site ${s}`), drawn()), { alpha: alpha / sites.length, beta: policy.beta }),
          )
          .find(({ outcome }) => outcome === 'different');
        bySite = found !== undefined;
        return found;
      },
    });
    cell.said[judged.outcome]++;
    if (bySite) cell.alone++;
  }
  return cell;
}

/** How far a measure finds a copy in these worlds: beyond its resolution, as ridge does of a wide representation. */
const COPY = 2 * policy.resolution;

/** Two sites: one that no sibling touches, where strangers are `apart` times as far as siblings elsewhere, and one drawn of a world; shares of variance add up, as squares do. */
function withUntouched(late: Blocks, apart: number): { readonly early: Blocks; readonly together: Blocks } {
  const { m1, m2 } = late;
  const within = (m: number): Float64Array =>
    Float64Array.from({ length: m * m }, (_, at) => (at % (m + 1) === 0 ? 0 : COPY));
  const early: Blocks = {
    m1,
    m2,
    within1: within(m1),
    within2: within(m2),
    across: new Float64Array(m1 * m2).fill(Math.hypot(COPY, apart)),
    copies1: new Float64Array(m1).fill(COPY),
    copies2: new Float64Array(m2).fill(COPY),
  };
  const both = (a: Float64Array, b: Float64Array): Float64Array => a.map((d, at) => Math.hypot(d, b[at]!));
  return {
    early,
    together: {
      ...early,
      within1: both(late.within1, early.within1),
      within2: both(late.within2, early.within2),
      across: both(late.across, early.across),
    },
  };
}

const meanOf = (within: Float64Array, m: number): number => within.reduce((a, b) => a + b, 0) / (m * (m - 1));

/**
 * As `compare` goes about a comparison with an untouched site: left out of looks by what siblings show there, and a difference of all sites together must be borne out without it. The same draws are
 * also judged as if siblings at that site were like any others.
 */
export async function untouchedCell(
  world: World,
  truth: Truth,
  excess: number,
  apart: number,
  repeats: number,
  budget: number,
  seed: number,
): Promise<{ readonly now: AloneCell; readonly before: AloneCell }> {
  const cell = (): AloneCell => ({ said: { equivalent: 0, different: 0, undecided: 0 }, alone: 0 });
  const cells = { now: cell(), before: cell() };
  const unit = truth.siblings(0, budget + 1);
  for (let n = 0; n < repeats; n++) {
    const late = draw(
      world,
      budget + 1,
      truth.shiftFor(excess, budget),
      random(seed, `untouched ${world.name} ${excess} ${apart} ${n}`),
    );
    const { early, together } = withUntouched(late, apart * unit);
    for (const way of ['now', 'before'] as const) {
      const { copies1: _1, copies2: _2, ...blind } = early;
      const { steps, drawn } = stepsOf(together, budget, (blocks, at, further) => {
        const whole = byLimits(blocks(together), at);
        if (
          way === 'before' ||
          whole.outcome !== 'different' ||
          byLimits(blocks(late), further).outcome === 'different'
        )
          return whole;
        return { ...whole, outcome: 'undecided' };
      });
      const sites =
        way === 'now'
          ? [early, late].filter(
              ({ m1, within1, copies1 }) => meanOf(within1, m1) >= copyLimit(copies1, policy.resolution),
            )
          : [blind, late];
      let bySite = false;
      const { judged } = await untilCertain<Said>({
        ...steps,
        singleSite: async (alpha) => async () => {
          const found = sites
            .map((site) => byLimits(first(site, drawn()), { alpha: alpha / sites.length, beta: policy.beta }))
            .find(({ outcome }) => outcome === 'different');
          bySite = found !== undefined;
          return found;
        },
      });
      cells[way].said[judged.outcome]++;
      if (bySite) cells[way].alone++;
    }
  }
  return cells;
}
