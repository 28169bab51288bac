/** One way of replacing one part of a circuit: what has been tried, and what is certain of it. */
import type { Ablation } from '../src/circuit/ablations.js';
import type { Component } from '../src/circuit/component.js';
import type { Interval } from '../src/interval.js';
import { random, type Random } from '../src/random.js';
import { binomialSequence, sideOf } from '../src/statistics/binomial-sequence.js';
import type { Trial, Trials } from '../generators/trials.js';

/** Pairs of input and counterfactual up to which all are run in place of a sample: about what a sample takes to show that nothing breaks. */
const FEW = 200;

export class NecessityArm<I> {
  tried = 0;
  broken = 0;
  /** the share of inputs broken against the effect, as soon as it is certain */
  side: 'above' | 'below' | undefined;
  /** every trial there is, where they are few; undefined: they are drawn */
  private readonly all: readonly Trial<I>[] | undefined;
  private readonly stream: Random;
  private next = 0;

  /** @param draws at most so many */
  constructor(
    readonly component: Component,
    readonly by: Ablation,
    private readonly space: Trials<I>,
    private readonly draws: number,
    seed: number,
  ) {
    this.all = space.every([component], by, Math.min(FEW, draws));
    // a stream of its own: how long others are drawn changes nothing here
    this.stream = random(seed, `necessity of ${component.name} by ${by}`);
  }

  /** true where every trial there is will be run */
  get exact(): boolean {
    return this.all !== undefined;
  }

  /** trials not asked for yet */
  get left(): number {
    return (this.all?.length ?? this.draws) - this.next;
  }

  draw(): Trial<I> {
    const at = this.next++;
    return this.all ? this.all[at]! : this.space.of([this.component], this.by, this.stream.below(0x7fffffff));
  }

  /** @param alpha chance of being wrong, whenever it is asked */
  decide(effect: number, alpha: number): void {
    if (this.side !== undefined) return;
    if (this.all === undefined) this.side = sideOf(this.broken, this.tried, effect, alpha);
    else if (this.tried === this.all.length) this.side = this.broken > effect * this.tried ? 'above' : 'below';
  }

  /** Of the share of inputs broken. Of all trials there are, what it is, or where some were not run what it can be; of drawn ones limits that hold whenever it is asked. */
  share(alpha: number): Interval {
    const { all, tried, broken } = this;
    if (all === undefined) return binomialSequence(broken, tried, alpha);
    return {
      estimate: tried === 0 ? 0.5 : broken / tried,
      low: broken / all.length,
      high: (broken + all.length - tried) / all.length,
    };
  }
}
