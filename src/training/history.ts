/** What the steps of a training came to. */
import type { PassInput } from './pass-input.js';
import { argmax } from '../argmax.js';

/** One number for each of the three losses. */
export interface Three {
  /** the model's answers */
  readonly behaviour: number;
  /** its answers while parts of variables hold what they held on other inputs */
  readonly interchange: number;
  /** its answers while components without a variable hold what they held on other inputs */
  readonly strict: number;
}

/** Means over some steps, of batches that were new to the model, and of the weights that each step began with. */
export interface HistoryEntry {
  /** the last of them */
  readonly step: number;
  /** cross entropy of an answer, in nats */
  readonly losses: Three;
  /** share of inputs whose every answer is right */
  readonly accuracies: Three;
}

const names = ['behaviour', 'interchange', 'strict'] as const;
const three = (of: (block: number) => number): Three =>
  Object.fromEntries(names.map((name, block) => [name, of(block)])) as unknown as Three;

/** Losses and accuracies of the three blocks of a pass, and which of its rows have every answer right. */
export function measured(
  { tokens, targets }: Pick<PassInput, 'tokens' | 'targets'>,
  logits: Float32Array,
): Omit<HistoryEntry, 'step'> & { readonly right: readonly boolean[] } {
  const classes = logits.length / targets.length;
  const rows = tokens.length / 3;
  const positions = tokens[0]!.length;
  const losses = [0, 0, 0];
  const right: boolean[] = [];
  for (let row = 0; row < tokens.length; row++) {
    const block = Math.floor(row / rows);
    let all = true;
    // the first position is the beginning, and answers nothing
    for (let at = row * positions + 1; at < (row + 1) * positions; at++) {
      const from = at * classes;
      const target = targets[at]!;
      const best = argmax(logits, from, classes);
      if (best !== target) all = false;
      const most = logits[from + best]!;
      let sum = 0;
      for (let j = 0; j < classes; j++) sum += Math.exp(logits[from + j]! - most);
      losses[block]! += Math.log(sum) + most - logits[from + target]!;
    }
    right.push(all);
  }
  return {
    losses: three((block) => losses[block]! / (rows * (positions - 1))),
    accuracies: three((block) => right.slice(block * rows, (block + 1) * rows).filter(Boolean).length / rows),
    right,
  };
}

/** Means of some steps. */
export class Window {
  private count = 0;
  private readonly sums = { losses: [0, 0, 0], accuracies: [0, 0, 0] };

  add({ losses, accuracies }: Omit<HistoryEntry, 'step'>): void {
    this.count++;
    names.forEach((name, i) => {
      this.sums.losses[i]! += losses[name];
      this.sums.accuracies[i]! += accuracies[name];
    });
  }
  /** The means, and begins anew. Undefined where nothing was added. */
  taken(step: number): HistoryEntry | undefined {
    if (this.count === 0) return undefined;
    const entry = {
      step,
      losses: three((i) => this.sums.losses[i]! / this.count),
      accuracies: three((i) => this.sums.accuracies[i]! / this.count),
    };
    this.count = 0;
    this.sums.losses.fill(0);
    this.sums.accuracies.fill(0);
    return entry;
  }
}
