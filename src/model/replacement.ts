/** What an intervention puts in, and where, as plain arrays. */
import type { SiteChange } from './interventions.js';
import { isAlong } from './interventions.js';
import type { Values } from './model.js';
import { entriesOf } from '../shape.js';

/** The rows of the batch that are computed together. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

/** What to put into one site in one pass: everything, or where the mask is 1. */
export interface SitePatch {
  readonly site: string;
  /** of the site for these rows, batch first */
  readonly shape: readonly number[];
  /** 1 where the activation is replaced; undefined: everywhere. Row-major, of the full shape */
  readonly mask: Uint8Array | undefined;
  /** row-major, of the full shape; meaningless where the mask is 0 */
  readonly values: Float32Array;
}

/** True where the change selects some of the chunk's rows. */
export const reaches = (change: SiteChange, { from, to }: Chunk): boolean =>
  change.rows === undefined || change.rows.some((row) => row >= from && row < to);

/** Values broadcast by numpy's rule, on the host: tfjs's broadcastTo is 30 times slower on wasm than this and an upload. */
export function spread<T extends Float32Array | Uint8Array>(
  data: T,
  shape: readonly number[],
  target: readonly number[],
): T {
  const sizes = [...Array<number>(target.length - shape.length).fill(1), ...shape];
  let spreadSoFar = data;
  let inner = 1; // values below the axis at hand, already spread
  for (let axis = target.length - 1; axis >= 0; axis--) {
    const size = target[axis]!;
    if (sizes[axis] !== size) {
      const outer = spreadSoFar.length / inner;
      const grown = new (data.constructor as new (length: number) => T)(outer * size * inner);
      for (let i = 0; i < outer; i++) {
        const block = spreadSoFar.subarray(i * inner, (i + 1) * inner);
        for (let j = 0; j < size; j++) grown.set(block, (i * size + j) * inner);
      }
      spreadSoFar = grown;
    }
    inner *= size;
  }
  return spreadSoFar;
}

/** Puts 1 at every combination of the chosen indices of a shape; an axis without a list is taken whole. `at` is where the shape begins. */
function mark(
  mask: Uint8Array,
  chosen: readonly (readonly number[] | undefined)[],
  shape: readonly number[],
  at = 0,
): void {
  let sliced = chosen.length; // axes from here on are whole: one block
  let block = 1;
  while (sliced > 0 && chosen[sliced - 1] === undefined) block *= shape[--sliced]!;
  const go = (axis: number, from: number, size: number): void => {
    if (axis === sliced) {
      mask.fill(1, from, from + block);
      return;
    }
    const inner = size / shape[axis]!;
    const list = chosen[axis];
    // entry by entry, a call for each is most of the time
    if (list && inner === 1) for (const j of list) mask[from + j] = 1;
    else if (list) for (const j of list) go(axis + 1, from + j * inner, inner);
    else for (let j = 0; j < shape[axis]!; j++) go(axis + 1, from + j * inner, inner);
  };
  go(0, at, entriesOf(shape));
}

/** 1 where one of the changes applies, of the chunk's full shape. Undefined where one of them applies everywhere. */
export function maskOf(
  changes: readonly SiteChange[],
  shape: readonly number[],
  { from, to }: Chunk,
): Uint8Array | undefined {
  if (changes.some(({ rows, selected }) => rows === undefined && selected.every((list) => list === undefined)))
    return undefined;
  const mask = new Uint8Array(entriesOf(shape));
  for (const { rows, selected, site, lengths } of changes) {
    const inChunk = rows?.filter((row) => row >= from && row < to).map((row) => row - from);
    const negative =
      lengths !== undefined &&
      selected.some((list, axis) => isAlong(site.axes[axis]!) && list?.some((index) => index < 0));
    if (!negative) {
      mark(mask, [inChunk, ...selected], shape);
      continue;
    }
    // rows end at different places
    const size = mask.length / shape[0]!;
    for (const row of inChunk ?? Array.from({ length: to - from }, (_, i) => i)) {
      const length = lengths[from + row]!;
      const own = selected.map((list, axis) =>
        list && isAlong(site.axes[axis]!) ? list.map((index) => (index < 0 ? length + index : index)) : list,
      );
      mark(mask, own, shape.slice(1), row * size);
    }
  }
  return mask;
}

/** True where two changes of a site put in the same values, each in its own place. */
function sameReplacement({ by: a }: SiteChange, { by: b }: SiteChange): boolean {
  if (a === b) return true;
  if (a.kind === 'resample') return b.kind === 'resample' && a.inputs === b.inputs;
  if (a.kind === 'mean') return b.kind === 'mean' && a.over === b.over;
  if (a.kind === 'value') return b.kind === 'value' && a.value === b.value;
  return b.kind === 'zero';
}

/**
 * Changes of one site, in order, those that follow each other with the same replacement together: they take one mask. A batch
 * in which every row has a slice of its own replaced has as many changes as rows.
 */
export function sharing(changes: readonly SiteChange[]): SiteChange[][] {
  const groups: SiteChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    if (last && sameReplacement(last[0]!, change)) last.push(change);
    else groups.push([change]);
  }
  return groups;
}

/** The values of a `value` replacement for the chunk's rows, of the full shape; they may be the given ones themselves. `batch` is the number of rows in all. */
export function valuesOf(
  value: number | Values,
  shape: readonly number[],
  batch: number,
  { from, to }: Chunk,
): Float32Array {
  if (typeof value === 'number') return new Float32Array(entriesOf(shape)).fill(value);
  const byRow = value.shape.length === shape.length && value.shape[0] === batch && batch > 1;
  const row = value.data.length / batch;
  // taken as it is: Float32Array.from goes through it value by value
  const whole = value.data instanceof Float32Array ? value.data : Float32Array.from(value.data);
  return spread(
    byRow ? whole.subarray(from * row, to * row) : whole,
    byRow ? [to - from, ...value.shape.slice(1)] : value.shape,
    shape,
  );
}

/** Where a `resample` or a `mean` finds the activations it puts in: [rows of the chunk, ...site], or [1, ...site] for every row. */
export type ReplacementValues = (change: SiteChange) => Values;

/** All changes of one site as one patch: later ones win where they overlap. */
export function patchOf(changes: readonly SiteChange[], chunk: Chunk, source: ReplacementValues): SitePatch {
  const { site, shape: whole } = changes[0]!;
  const shape = [chunk.to - chunk.from, ...whole.slice(1)];
  let mask: Uint8Array | undefined = new Uint8Array(entriesOf(shape));
  let values: Float32Array = new Float32Array(mask.length);
  for (const group of sharing(changes)) {
    const change = group[0]!;
    const { by } = change;
    const put =
      by.kind === 'zero'
        ? new Float32Array(values.length)
        : by.kind === 'value'
          ? valuesOf(by.value, shape, whole[0]!, chunk)
          : spreadSource(source(change), shape);
    const here = maskOf(group, shape, chunk);
    if (here === undefined) {
      // a copy: what follows writes into it, and these may be kept activations or the caller's own
      values = put.slice();
      mask = undefined;
    } else {
      for (let i = 0; i < here.length; i++) if (here[i]) values[i] = put[i]!;
      if (mask) for (let i = 0; i < here.length; i++) if (here[i]) mask[i] = 1;
    }
  }
  return { site: site.name, shape, mask, values };
}

function spreadSource({ shape, data }: Values, target: readonly number[]): Float32Array {
  return spread(data instanceof Float32Array ? data : Float32Array.from(data), shape, target);
}

/** Puts a patch into an activation of the same shape, in place. */
export function applyPatch({ mask, values }: SitePatch, activation: Float32Array): void {
  if (mask === undefined) activation.set(values);
  else for (let i = 0; i < mask.length; i++) if (mask[i]) activation[i] = values[i]!;
}
