/** The paper's comparison of language models on indirect object identification (Sun and Toneva, arXiv 2603.30002, section 5) as a suite. */
import * as z from 'zod';
import type { ShapeOf } from '../../src/options.js';
import { FEWEST } from '../fewest.js';
import { example, paths, seedOption, wholeNumber } from '../option-shapes.js';
import type { Suite, SuiteCheck } from '../suite.js';
import { PAPER } from './models.js';
import { toPage } from './page.js';
import type { Result } from './result.js';
import { runIoi } from './run.js';
import { toText } from './text.js';

/** Options of the suite `ioi`. */
export interface IoiOptions {
  /** folders of language models with their tokenizers, from the working folder or in that of `CONGRUITY_MODELS`. @defaultValue the paper's six, in the folder of `CONGRUITY_MODELS` */
  readonly models?: readonly string[] | undefined;
  /** prompts. @defaultValue 200 */
  readonly inputs?: number | undefined;
  /** implementations of each model, besides the model itself. @defaultValue 10 */
  readonly draws?: number | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
}

const schema = z.strictObject({
  models: paths('language models', 2)
    .default(PAPER)
    .meta(example('models', ['path/to/a', 'path/to/b'])),
  inputs: wholeNumber(FEWEST, 2000).default(200).meta(example('inputs', 200)),
  draws: wholeNumber(4, 200).default(10).meta(example('draws', 10)),
  seed: seedOption,
} satisfies ShapeOf<IoiOptions>);

function checksOf({ models, pairs, skipped }: Result): SuiteCheck[] {
  return [
    ...skipped.map(({ path, why }) => ({ name: `${path} is here`, failure: why })),
    ...models.map(({ name, leftOut }) => ({ name: `${name} does the task`, failure: leftOut })),
    ...pairs.map(({ row, column, outcome, reason }) => ({
      name: `${row} and ${column} are equivalent`,
      failure: outcome === 'equivalent' ? undefined : `${outcome}: ${reason}`,
    })),
  ];
}

/** Language models on indirect object identification: which of them can be told apart, within families of architectures and across. */
export const ioi: Suite<IoiOptions> = {
  name: 'ioi',
  description: 'language models on indirect object identification: which do it alike, within a family and across',
  schema,
  async run(options, context) {
    const { models, inputs, draws, seed } = schema.parse(options);
    const result = await runIoi({ models: [...models], inputs, draws, seed }, context);
    return {
      complete: result.complete,
      checks: checksOf(result),
      text: (columns) => toText(result, columns),
      html: () => toPage(result),
    };
  },
};
