/** What `congruity train` trains, as a file says it. */
import { OptionError } from '../errors.js';
import { checkKeys } from '../options.js';
import type { Value } from '../program/language/value.js';
import { isProgram, type Program } from '../program/program.js';
import type { Architecture } from './architecture.js';
import type { TrainOptions } from './options.js';

/** The default export of a file for `congruity train`, if it is not a program alone. */
export interface TrainConfig<T = never> extends Pick<
  TrainOptions<T>,
  'alignment' | 'inputs' | 'steps' | 'threshold' | 'batchSize' | 'learningRate' | 'weights'
> {
  readonly program: Program;
  /** sizes of the transformers. @defaultValue 2 layers, 4 heads, d_model 64 */
  readonly architecture?: Architecture | undefined;
}

const keys: readonly string[] = [
  'program',
  'architecture',
  'alignment',
  'inputs',
  'steps',
  'threshold',
  'batchSize',
  'learningRate',
  'weights',
] satisfies readonly (keyof TrainConfig)[];

/**
 * A program and the options of its training, from what a file exports; `train` checks the options themselves.
 * @throws OptionError for what is neither a program nor a config with one
 */
export function trainConfigOf(
  exported: unknown,
  where: string,
): { readonly program: Program; readonly options: TrainOptions<Value> } {
  const given = isProgram(exported) ? { program: exported } : exported;
  if (typeof given !== 'object' || given === null || !isProgram((given as TrainConfig).program))
    throw new OptionError({
      what: 'the file exports neither a program nor a config with one',
      where,
      hint: 'export default program({ ... }), or export default { program, architecture: { n_layers: 2, n_heads: 4, d_model: 64 } }',
    });
  checkKeys(given, keys, where);
  const { program, architecture = { n_layers: 2, n_heads: 4, d_model: 64 }, ...options } = given as TrainConfig<Value>;
  return { program, options: { ...options, architecture } };
}
