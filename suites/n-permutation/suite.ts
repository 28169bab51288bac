/** The paper's toy experiment (Sun and Toneva, arXiv 2603.30002) as a suite. */
import * as z from 'zod';
import type { ShapeOf } from '../../src/options.js';
import { example, flag, onePath, seedOption } from '../option-shapes.js';
import type { Suite } from '../suite.js';
import { toPage } from './page.js';
import { runPermutation } from './run.js';
import { toText } from './text.js';

/** Tokens of an input: trained models are of four. */
const N = 4;
/** Models of an algorithm, half of them on either side: eight a side is the least with which the rule says "equivalent". */
const MODELS = 16;
/** The paper's number, for the row and for the column. */
const FULL = 200;

/** Options of the suite `n-permutation`. */
export interface PermutationOptions {
  /** as many models as in the paper, which takes longer. @defaultValue false */
  readonly full?: boolean | undefined;
  /** folder of trained models that are compared as well. @defaultValue none */
  readonly models?: string | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
}

const schema = z.strictObject({
  full: flag.default(false).meta({ hint: 'give --full without a value (in a test file full: true)' }),
  models: onePath('a folder of trained models').optional().meta(example('models', 'path/to/models')),
  seed: seedOption,
} satisfies ShapeOf<PermutationOptions>);

/** Six algorithms that decide whether tokens are a permutation. */
export const permutation: Suite<PermutationOptions> = {
  name: 'n-permutation',
  description: 'six algorithms that decide whether tokens are a permutation: which implementations can be told apart',
  schema,
  async run(options, { path, signal, progress, estimated, resumed }) {
    const { full, models, seed } = schema.parse(options);
    const result = await runPermutation({
      n: N,
      models: full ? FULL : MODELS,
      path,
      zoo: models,
      seed,
      signal,
      progress,
      estimated,
      resumed,
    });
    return {
      complete: result.complete,
      checks: result.matrices.flatMap(({ setting, cells }) =>
        cells
          .filter(({ row, column }) => row === column)
          .map(({ row, outcome, reason }) => ({
            name: `${setting}: two halves of ${row} are not told apart`,
            failure: outcome === 'different' ? reason : undefined,
          })),
      ),
      text: (columns) => toText(result, columns),
      html: () => toPage(result),
    };
  },
};
