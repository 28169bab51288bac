/** What compiling a program gives. */
import type { Transformer } from '../model/formats/transformer/run/model.js';
import type { Alignment } from './alignment.js';
import type { Sizes } from './compiler/sizes.js';
import type { Value } from './language/value.js';
import type { Program, ProgramRun, Settings } from './program.js';

/** Options of a compiled program's `run`. */
export interface CompiledRunOptions {
  /** variables that get these values in the residual stream, for all inputs or for each its own. @defaultValue none */
  readonly set?: Settings | readonly (Settings | undefined)[] | undefined;
}

/** Where a variable can be read. */
export interface Place {
  /** of the residual stream: the first that has it. It stays there to the end */
  readonly site: string;
  /** features of the site */
  readonly features: readonly number[];
  /** `one-hot`: the i-th feature is 1 where the variable has its i-th value, else 0. `number`: one feature, which is codes[i] then */
  readonly encoding: 'one-hot' | 'number';
  /** true: it is computed from another place, which it stands beside */
  readonly derived: boolean;
  /** what stands in each feature instead of 1; negative ones too. 1 unless the compilation is varied */
  readonly units: readonly number[];
  /** of a number, by value */
  readonly codes?: readonly number[] | undefined;
  /** bound on how far float32 moves each feature */
  readonly error: number;
}

/** What a compiled model has of one variable. */
export interface CompiledVariable {
  readonly name: string;
  readonly values: readonly Value[];
  /** those that the variable is computed into first, one unless the compilation has copies; then those that are derived from them */
  readonly places: readonly Place[];
  /** the components that compute it, by the names that `select` takes; none where the embedding has it */
  readonly components: readonly string[];
}

/** A program as a transformer. */
export interface Compilation<T extends Value = Value, O extends Value = Value> {
  readonly program: Program<T, O>;
  /** its logits at position i + 1 say what the output is at position i: the class of the largest */
  readonly model: Transformer;
  readonly sizes: Sizes;
  /** by name, in the program's order */
  readonly variables: ReadonlyMap<string, CompiledVariable>;
  /** each variable's first place, and its copies: what is replaced there, everything that reads the variable sees */
  readonly alignment: Alignment;
  /**
   * Runs the model, and reads the output and every variable from it, at its first place.
   * @throws InputError, ProgramError as `program.run`
   */
  run(inputs: readonly (readonly T[])[], options?: CompiledRunOptions): Promise<ProgramRun<O>[]>;
  /** Frees the model. */
  dispose(): void;
}
