/** How the gates of a config are divided among machines. */
import { statSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OptionError } from '../../src/errors.js';
import { percent, plural } from '../../src/format.js';
import { bankPaths } from '../../suites/bank.js';
import type { Gate } from '../../suites/config.js';
import { mostRows } from '../../suites/limit.js';

export interface Shard {
  /** from 1 */
  readonly index: number;
  readonly count: number;
}

/** `2/5`. @throws OptionError */
export function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text.trim()) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count)
    throw new OptionError({
      what: `--shard is "${text}", not the number of a shard and how many there are`,
      where: '--shard',
      hint: 'give both, the first from 1 to the second, as in --shard 2/5',
    });
  return { index, count };
}

/** Bytes of a model's file or folder, as far as they can be read: what cannot is said where it is loaded. */
function bytesOf(path: string): number {
  try {
    const found = statSync(path);
    if (!found.isDirectory()) return found.size;
    return readdirSync(path, { withFileTypes: true }).reduce((sum, entry) => {
      // what a link points to may lie anywhere, also above it
      if (entry.isSymbolicLink()) return sum;
      return sum + bytesOf(join(path, entry.name));
    }, 0);
  } catch {
    return 0;
  }
}

/** Paths of all models that a gate names, as it names them. */
export const pathsOf = ({ baseline, candidate, options }: Gate): string[] => [
  ...[baseline, candidate].filter((side): side is string => typeof side === 'string'),
  ...(options?.bank === undefined ? [] : bankPaths(options.bank).map(({ path }) => path)),
];

/**
 * What each gate takes, about, against the others: the rows that it may come to compute, times the bytes of its models. A gate whose
 * models are made by functions counts as one of middling size. The same on every machine.
 */
export function weightsOf(gates: readonly Gate[], folder: string): number[] {
  const known = new Map<string, number>();
  const sizes = gates.map((gate) => {
    const paths = pathsOf(gate).map((path) => resolve(folder, path));
    for (const path of paths) if (!known.has(path)) known.set(path, bytesOf(path));
    const bytes = paths.reduce((sum, path) => sum + known.get(path)!, 0);
    return bytes > 0 ? bytes / paths.length : undefined;
  });
  const sorted = sizes.filter((size) => size !== undefined).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 1;
  return gates.map(({ options }, i) => mostRows(options) * (sizes[i] ?? middle));
}

/**
 * Deals things out so that the shards weigh much the same: the heaviest first, each to the shard that has least. No shard is then more than a third above the best that
 * there is (Graham 1969).
 * @returns for each shard the numbers of its things, in their order
 */
export function divide(weights: readonly number[], count: number): number[][] {
  const shards = Array.from({ length: count }, () => ({ weight: 0, of: [] as number[] }));
  const heaviest = weights.map((_, i) => i).toSorted((a, b) => weights[b]! - weights[a]! || a - b);
  for (const i of heaviest) {
    const least = shards.reduce((best, one) =>
      one.weight < best.weight || (one.weight === best.weight && one.of.length < best.of.length) ? one : best,
    );
    least.weight += weights[i]!;
    least.of.push(i);
  }
  return shards.map(({ of }) => of.toSorted((a, b) => a - b));
}

/** That one gate takes longer than all others could take on the other shards; undefined where it does not. */
export function dominating(names: readonly string[], weights: readonly number[], count: number): string | undefined {
  const whole = weights.reduce((a, b) => a + b, 0);
  const largest = weights.indexOf(Math.max(...weights));
  const share = weights[largest]! / whole;
  if (count < 2 || weights.length < 2 || share <= 1.2 / count) return undefined;
  const enough = Math.max(1, Math.ceil(1 / share));
  return `the gate "${names[largest]!}" is about ${percent(share)} of the work, and a gate is not divided: beyond ${plural(enough, 'shard')} the run gets no shorter`;
}
