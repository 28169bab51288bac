/** The paper's toy experiment (Sun and Toneva, arXiv 2603.30002) as a suite. */
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

export const permutation: Suite = {
  name: 'n-permutation',
  description: 'six algorithms that decide whether tokens are a permutation: which implementations can be told apart',
  async run({ path, full, models, seed, signal, progress }) {
    const result = await runPermutation({
      n: N,
      models: full ? FULL : MODELS,
      path,
      zoo: models,
      seed,
      signal,
      progress,
    });
    return { complete: result.complete, text: (columns) => toText(result, columns), html: () => toPage(result) };
  },
};
