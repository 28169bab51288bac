/** What `load` knows of a format of models. */
import type { z } from 'zod';
import type { Model } from '../model.js';
import type { OptionShape, OptionsOf } from './options.js';
import type { Place } from './place.js';

export interface ModelFormat<Id extends string = string, Shape extends OptionShape = OptionShape> {
  readonly id: Id;
  /** what it is, for docs/models.md */
  readonly description: string;
  /** what to give `load`, in a phrase for messages: `an .onnx file` */
  readonly takes: string;
  /** the same for docs/models.md, with what lies beside it */
  readonly files: string;
  /** optional packages: one of them has to be installed. None: nothing has to be */
  readonly needs: readonly string[];
  readonly options: Shape;
  /** the option of this format alone that settles the format, whatever lies at the path */
  readonly settledBy?: string;
  /**
   * What to load of this format at a place: none, one, or the several that a folder holds and of which one has to be named. Formats are asked in their order,
   * so that what an earlier one takes need not be told apart.
   */
  recognises(place: Place): Promise<readonly string[]>;
  /** Loads what was recognised. Imports what reads it only then: its packages may be missing. */
  load(path: string, options: OptionsOf<Shape>): Promise<Model>;
}

/** Gives a format its types. */
export const modelFormat = <Id extends string, Shape extends OptionShape>(
  format: ModelFormat<Id, Shape>,
): ModelFormat<Id, Shape> => format;

/** `{ a?: A, b?: B }` of all formats together: every option of any of them, with what any of them takes there. */
export type MergedOptions<Format extends { readonly options: OptionShape }> = {
  readonly [Key in Keys<Format['options']>]?: z.infer<ValueAt<Format['options'], Key>>;
};
type Keys<T> = T extends unknown ? keyof T : never;
type ValueAt<T, K extends PropertyKey> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
