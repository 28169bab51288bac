/**
 * The complete U-statistic over triples (docs/glossary.md): is a sibling nearer than a stranger?
 * Each implementation's distances are sorted once, O(N^2 log N); every later evaluation (a bootstrap replicate, a split
 * in halves) is one pass over the sorted rows, O(N^2), instead of O(N^3) triples.
 */
import type { Square } from './blocks.js';

/** Share of triples in which the sibling is nearer, ties one half, seen from label 0 and from label 1. */
export type Shares = readonly [number, number];

export class Triples {
  private readonly size: number;
  /** row i: the other items (N - 1, of twins N - 2), nearest first */
  private readonly order: Uint32Array;
  /** 1 where an item is farther than the one before it (a new group of ties starts) */
  private readonly farther: Uint8Array;

  private readonly others: number;

  /**
   * @param tie distances that round to the same multiple of `tie` are tied; 0 ties equal numbers only
   * @param paired item i of the first half and item i of the second are twins, in no triple together
   */
  constructor(square: Square, tie = 0, paired = false) {
    const { size, data } = square;
    this.size = size;
    const others = paired ? size - 2 : size - 1;
    this.others = others;
    this.order = new Uint32Array(size * others);
    this.farther = new Uint8Array(size * others);
    const key = tie > 0 ? data.map((d) => Math.round(d / tie)) : data;
    for (let i = 0; i < size; i++) {
      const row = this.order.subarray(i * others, (i + 1) * others);
      const twin = paired ? (i + size / 2) % size : i;
      for (let other = 0, at = 0; other < size; other++) if (other !== i && other !== twin) row[at++] = other;
      row.sort((a, b) => key[i * size + a]! - key[i * size + b]! || a - b);
      for (let at = 1; at < others; at++) {
        this.farther[i * others + at] = key[i * size + row[at]!]! > key[i * size + row[at - 1]!]! ? 1 : 0;
      }
    }
  }

  /**
   * T of both labels. With weights, triple (i, j, k) counts w_i w_j w_k; j is never i itself, so an implementation that a
   * bootstrap drew twice is not its own sibling at distance zero.
   * @param labels 0 or 1 for each of the N items; NaN is returned for a label without a triple
   */
  shares(labels: Uint8Array, weights?: ArrayLike<number>): Shares {
    const { size, order, farther, others } = this;
    const yes = [0, 0];
    const all = [0, 0];
    for (let i = 0; i < size; i++) {
      const wi = weights ? weights[i]! : 1;
      if (wi === 0) continue;
      const side = labels[i]!;
      let near = 0; // weight of siblings strictly nearer than the current group of ties
      let sib = 0; // siblings and strangers in the current group
      let str = 0;
      let strangers = 0;
      let sum = 0;
      for (let at = i * others; at < (i + 1) * others; at++) {
        if (farther[at] === 1) {
          sum += str * (near + sib / 2);
          near += sib;
          strangers += str;
          sib = 0;
          str = 0;
        }
        const other = order[at]!;
        const w = weights ? weights[other]! : 1;
        if (labels[other] === side) sib += w;
        else str += w;
      }
      sum += str * (near + sib / 2);
      yes[side]! += wi * sum;
      all[side]! += wi * (near + sib) * (strangers + str);
    }
    return [yes[0]! / all[0]!, yes[1]! / all[1]!];
  }
}

/** 1 - |T1 + T2 - 1|: 1 where siblings and strangers cannot be told apart on average over both sides. */
export function congruity([t1, t2]: Shares): number {
  return 1 - Math.abs(t1 + t2 - 1);
}

/** 1 - max(|2 T1 - 1|, |2 T2 - 1|): also low where one set lies tight inside the other. */
export function strictScore([t1, t2]: Shares): number {
  return 1 - Math.max(Math.abs(2 * t1 - 1), Math.abs(2 * t2 - 1));
}
