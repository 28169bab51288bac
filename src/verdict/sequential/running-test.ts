/**
 * The running test: are strangers more than the margin farther apart than siblings, more often than not? Asked of blocks of two fresh implementations a side, each used once, so that the
 * blocks are independent and the answer holds whenever one stops (docs/statistics.md). Exact for any distribution of distances; it needs no mean, no variance and no limit theorem.
 */
import { EProcess } from '../../statistics/e-process.js';
import type { Levels, SideTrajectory, Trajectory } from './evidence.js';

/** Implementations of each side in a block. */
export const BLOCK = 2;

/** Distances within one block: of the two siblings of each side, and of their strangers: four, or of twins the two that are no twins. */
export interface SampleBlock {
  readonly siblings: readonly [number, number];
  readonly strangers: readonly number[];
  /** of twins: of either pair */
  readonly twins?: readonly [number, number];
}

const { LN10 } = Math;

class SideTest {
  readonly nearer = new EProcess('high');
  readonly farther = new EProcess('low');
  readonly near: number[] = [];
  readonly far: number[] = [];
  private sum = 0;

  observe(x: number): void {
    this.sum += x;
    this.nearer.observe(x);
    this.farther.observe(x);
    this.near.push(this.nearer.log / LN10);
    this.far.push(this.farther.log / LN10);
  }

  get trajectory(): SideTrajectory {
    const { near, far } = this;
    return { share: near.length === 0 ? 0.5 : this.sum / near.length, near: [...near], far: [...far] };
  }
}

export class RunningTest {
  private readonly sides = [new SideTest(), new SideTest()] as const;
  private readonly blocks: SampleBlock[] = [];

  /** @param resolution siblings nearer than this count as this far apart */
  constructor(
    readonly levels: Levels,
    private readonly margin: number,
    private readonly resolution: number,
  ) {}

  observe(block: SampleBlock): void {
    const { siblings, strangers } = block;
    this.blocks.push(block);
    this.sides.forEach((side, a) => {
      const limit = (1 + this.margin) * Math.max(siblings[a]!, this.resolution);
      side.observe(strangers.reduce((sum, d) => sum + (d > limit ? 1 : d === limit ? 0.5 : 0), 0) / strangers.length);
    });
  }

  /** The test that would have been, of the same blocks, at another margin. */
  at(margin: number): RunningTest {
    const test = new RunningTest(this.levels, margin, this.resolution);
    for (const block of this.blocks) test.observe(block);
    return test;
  }

  /** Both sides must agree: each error is then one of a single side, and neither level is divided. */
  get certain(): 'equivalent' | 'different' | undefined {
    const { alpha, beta } = this.levels;
    if (this.sides.every(({ farther }) => farther.reached(alpha))) return 'different';
    return this.sides.every(({ nearer }) => nearer.reached(beta)) ? 'equivalent' : undefined;
  }

  get trajectory(): Trajectory {
    const { sides, levels, certain } = this;
    const blocks = this.blocks.length;
    const needs = (which: 'nearer' | 'farther', level: number): number =>
      Math.max(...sides.map((side) => side[which].needs(level, blocks) ?? Infinity));
    const fewest =
      certain || blocks === 0
        ? Infinity
        : BLOCK * Math.min(needs('nearer', levels.beta), needs('farther', levels.alpha));
    return {
      levels,
      blocks,
      sides: [sides[0].trajectory, sides[1].trajectory],
      ...(certain && { certain }),
      ...(Number.isFinite(fewest) && { needs: fewest }),
    };
  }
}
