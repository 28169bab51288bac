/** Where variables stand in a model. */
import type { Axis, Site } from '../../model/model.js';

/** A part of the model, as it is known to be there. */
export interface PlacedPart {
  readonly site: Site;
  /** slices, without those of positions */
  readonly at: Readonly<Record<Axis, readonly number[]>>;
  readonly directions?: readonly (readonly number[])[] | undefined;
}

/** A variable, where the alignment puts it. */
export interface Placed {
  readonly name: string;
  readonly parts: readonly PlacedPart[];
  /** positions of the model; undefined: all */
  readonly positions: readonly number[] | undefined;
}
