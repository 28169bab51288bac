/** What a differentiated pass is run on. Apart from the pass, so that the types of what is public need none of tfjs. */
import type { Tokens } from '../model/input.js';

/** What comes from sources at one site. */
export interface Swap {
  /** row i of the second block takes from source i + offset, counted round; row i of the third from source i */
  readonly offset: number;
  /** 1 where they do: [rows of the second and third block, ...site], row-major */
  readonly mask: Uint8Array;
}

/** What one pass is run on: three blocks of as many rows, all of one length: sources, bases whose variables are exchanged, and bases whose other components are. */
export interface PassInput {
  readonly tokens: readonly Tokens[];
  /** by site; where there are several, one after the other */
  readonly swaps: ReadonlyMap<string, readonly Swap[]>;
  /** the class that each position should answer with: [rows, positions], row-major */
  readonly targets: Int32Array;
  /** how much each position counts: 0 where there is no answer */
  readonly weights: Float32Array;
}
