/** Patches and activations of some rows of a batch, as plain arrays. */
import { InputError } from '../../../../errors.js';
import { entriesOf } from '../../../../shape.js';
import type { Found } from '../../../engine.js';
import type { SitePatch } from '../../../replacement.js';
import { fromFloat32 } from '../file/values.js';
import type { Feed } from './sessions.js';

/** The part of a patch that is for some rows. */
export function cut({ site, shape, mask, values }: SitePatch, from: number, to: number): SitePatch {
  if (from === 0 && to === shape[0]) return { site, shape, mask, values };
  const size = entriesOf(shape.slice(1));
  return {
    site,
    shape: [to - from, ...shape.slice(1)],
    mask: mask?.subarray(from * size, to * size),
    values: values.subarray(from * size, to * size),
  };
}

/** With rows behind it that are left as they are. */
export function padded(
  { mask, values }: SitePatch,
  rows: number,
  pad: number,
): { mask: Uint8Array | undefined; values: Float32Array } {
  if (pad === 0) return { mask, values };
  const size = values.length / rows;
  const all = new Float32Array(size * (rows + pad));
  all.set(values);
  const some = new Uint8Array(all.length);
  if (mask) some.set(mask);
  else some.fill(1, 0, values.length);
  return { mask: mask && some, values: all };
}

/** An input with a patch in it. */
export function fedWith(feed: Feed, patch: SitePatch): Feed {
  const data = feed.data.slice();
  const values = fromFloat32(patch.values, feed.type, feed.type);
  for (let i = 0; i < values.length; i++) if (patch.mask === undefined || patch.mask[i]) data[i] = values[i]!;
  return { ...feed, data };
}

/** The shape of one row's share, of `count` values, as the option `sites` has it. @throws InputError where they do not fit */
export function seenAs(view: readonly number[], count: number, name: string): readonly number[] {
  const rest = entriesOf(view.filter((size) => size !== -1));
  if (view.includes(-1) ? count % rest !== 0 : count !== rest)
    throw new InputError({
      what: `${name} has ${count} values for this input, which cannot be seen as [${view.join(', ')}]`,
      where: 'batch',
      hint: 'give inputs of a length that fits the shape in the option sites',
    });
  return view.map((size) => (size === -1 ? count / rest : size));
}

/** Rows that were computed apart, as one array. */
export function together(parts: readonly Found[]): Found {
  if (parts.length === 1) return parts[0]!;
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  let rows = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
    rows += part.shape[0]!;
  }
  return { shape: [rows, ...parts[0]!.shape.slice(1)], data };
}
