/** Blocks of distances: their check, and the pooled matrix most statistics work on. */
import { ImplementationError, RepresentationError } from '../errors.js';
import type { Blocks } from './judgement.js';

/** Relative asymmetry that rounding can explain. */
const SYMMETRY = 1e-6;

function bad(what: string, where: string, hint: string): RepresentationError {
  return new RepresentationError({ what, where, hint });
}

function checkValues(data: Float64Array, rows: number, columns: number, where: string): number {
  if (!Number.isInteger(columns) || columns < 1 || data.length !== rows * columns) {
    throw bad(
      `A block of distances has ${data.length} entries, not ${rows} x ${columns}.`,
      where,
      'Give one distance for each pair.',
    );
  }
  let largest = 0;
  for (let at = 0; at < data.length; at++) {
    const d = data[at]!;
    if (!(d >= 0) || d === Infinity) {
      throw bad(
        `A distance is ${d}.`,
        `${where}, row ${Math.floor(at / columns)}, column ${at % columns}`,
        'Distances must be finite and not negative: look for NaN, infinite or constant activations in that implementation.',
      );
    }
    if (d > largest) largest = d;
  }
  return largest;
}

/**
 * Refuses what no verdict may be built on.
 * @throws ImplementationError for fewer than two implementations on a side, or twins of which one is missing
 * @throws RepresentationError for NaN, infinite or negative distances, blocks of a wrong size, or an asymmetric `within` block
 */
export function checkBlocks(blocks: Blocks): void {
  for (const [m, side] of [
    [blocks.m1, 1],
    [blocks.m2, 2],
  ] as const) {
    if (!Number.isInteger(m) || m < 2) {
      throw new ImplementationError({
        what: `Side ${side} has ${m} implementation${m === 1 ? '' : 's'}; the within-model distance needs at least two.`,
        where: `m${side}`,
        hint: 'Draw more implementations.',
      });
    }
  }
  for (const [data, m, where] of [
    [blocks.within1, blocks.m1, 'within1'],
    [blocks.within2, blocks.m2, 'within2'],
  ] as const) {
    const largest = checkValues(data, m, m, where);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j <= i; j++) {
        const off = i === j ? data[i * m + i]! : Math.abs(data[i * m + j]! - data[j * m + i]!);
        if (off > SYMMETRY * largest) {
          throw bad(
            'Within-model distances are not symmetric with a zero diagonal.',
            `${where}, row ${i}, column ${j}`,
            'Symmetrise them: take the larger of the two directions.',
          );
        }
      }
    }
  }
  checkValues(blocks.across, blocks.m1, blocks.m2, 'across');
  if (blocks.paired && blocks.m1 !== blocks.m2)
    throw new ImplementationError({
      what: `${blocks.m1} and ${blocks.m2} implementations are no pairs of twins.`,
      where: 'm2',
      hint: 'Draw as many of each side.',
    });
  if (blocks.control1) checkValues(blocks.control1.data, blocks.m1, blocks.control1.columns, 'control1');
  if (blocks.control2) checkValues(blocks.control2.data, blocks.m2, blocks.control2.columns, 'control2');
}

/** A symmetric matrix of distances, row-major, zero diagonal. */
export interface Square {
  readonly size: number;
  readonly data: Float64Array;
}

/** All implementations in one matrix: side 1 first, then side 2. (m1 + m2) x (m1 + m2) */
export function pooled(blocks: Blocks): Square {
  const { m1, m2, within1, within2, across } = blocks;
  const size = m1 + m2;
  const data = new Float64Array(size * size);
  for (let i = 0; i < m1; i++) {
    for (let j = 0; j < m1; j++) if (i !== j) data[i * size + j] = within1[i * m1 + j]!;
    for (let k = 0; k < m2; k++) {
      data[i * size + m1 + k] = across[i * m2 + k]!;
      data[(m1 + k) * size + i] = across[i * m2 + k]!;
    }
  }
  for (let i = 0; i < m2; i++) {
    for (let j = 0; j < m2; j++) if (i !== j) data[(m1 + i) * size + m1 + j] = within2[i * m2 + j]!;
  }
  return { size, data };
}

/** Labels of a pooled matrix: m1 zeros, then m2 ones. */
export function labels(m1: number, m2: number): Uint8Array {
  return new Uint8Array(m1 + m2).fill(1, m1);
}
