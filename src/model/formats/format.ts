/** What `load` knows of a format of models. */
import type { Model } from '../model.js';
import type { ShapeOf } from '../../options.js';
import type { Place } from './place.js';

export interface ModelFormat<Id extends string = string, Options = object> {
  readonly id: Id;
  /** what it is, for docs/models.md */
  readonly description: string;
  /** what to give `load`, in a phrase for messages: `an .onnx file` */
  readonly takes: string;
  /** the same for docs/models.md, with what lies beside it */
  readonly files: string;
  /** optional packages: one of them has to be installed. None: nothing has to be */
  readonly needs: readonly string[];
  /** what each takes; what each is for, `Options` says */
  readonly options: ShapeOf<Options>;
  /** the option of this format alone that settles the format, whatever lies at the path */
  readonly settledBy?: string;
  /**
   * What to load of this format at a place: none, one, or the several that a folder holds and of which one has to be named. Formats are asked in their order,
   * so that what an earlier one takes need not be told apart.
   */
  recognises(place: Place): Promise<readonly string[]>;
  /** Loads what was recognised. Imports what reads it only then: its packages may be missing. */
  load(path: string, options: Options): Promise<Model>;
}

/** Gives a format its types. */
export const modelFormat = <Id extends string, Options>(format: ModelFormat<Id, Options>): ModelFormat<Id, Options> =>
  format;

/** `{ a?: A, b?: B }` of all formats together: every option of any of them, with what any of them takes there. */
export type MergedOptions<Options> = {
  // of an intersection, so that editors show what the formats say of an option
  readonly [Key in keyof Intersection<Options>]?: ValueAt<Options, Key>;
};
type Intersection<T> = (T extends unknown ? (each: T) => void : never) extends (all: infer All) => void ? All : never;
type ValueAt<T, K extends PropertyKey> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
