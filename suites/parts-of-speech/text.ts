/** The result for a terminal. */
import { duration, interval, percent, plural } from '../../src/format.js';
import { estimateInWords } from '../estimate-in-words.js';
import { MARKS } from '../marks.js';
import { comparisonOf, type ComparisonResult, type Result } from './result.js';
import { agreed, found } from './summary.js';

const WIDTH = 12;

/** Verdict and congruity; a dot where nothing was judged. */
export const cellOf = (one: ComparisonResult | undefined): string =>
  one?.verdict === undefined ? '·' : `${MARKS[one.verdict.outcome]} ${one.verdict.congruity.estimate.toFixed(2)}`;

/** What a result is about, in a sentence. */
export const heading = ({ settings, text, model, level }: Result): string =>
  `${model.name} reads ${plural(text.sentences, 'sentence')}: predicting the next word against identifying parts of speech; slices by the word ${settings.slices === 'read' ? 'read' : 'predicted'}, ${settings.inputs} places each, ${settings.draws} implementations a side at most, each error at ${percent(level)} a slice, seed ${settings.seed}`;

/** @param columns of the terminal */
export function toText(result: Result, _columns: number): string {
  const { text, model, taggers, slices, skipped, seconds, complete } = result;
  const label = Math.max(...slices.map(({ name }) => name.length), 10) + 2;
  return `${[
    heading(result),
    `  ${model.name}: loss ${model.loss.toFixed(2)} nats, accuracy ${percent(model.accuracy)}; how often words occur alone: ${model.byFrequency.toFixed(2)} nats, ${percent(model.commonest)}`,
    ...text.excluded.map(({ why, count }) => `  left out: ${count} ${why}`),
    ...skipped.map(({ path, why }) => `  skipped: ${path}: ${why}`),
    ...taggers.map(
      ({ name, accuracy, control, fault }, i) =>
        `  ${i + 1} ${name}${control ? ' (control)' : ''}: ${percent(accuracy)} of parts of speech${fault === undefined ? '' : `; ${control ? '' : 'not judged: '}${fault}`}`,
    ),
    '',
    'verdict (= equivalent, ≠ different, ? undecided) and congruity; · not judged; * different by e-BH over slices',
    ' '.repeat(label) +
      'places'.padStart(8) +
      'loss'.padStart(8) +
      taggers.map((_, i) => String(i + 1).padStart(WIDTH)).join(''),
    ...slices.map(
      ({ name, readings, loss, leftOut }) =>
        name.padEnd(label) +
        String(readings).padStart(8) +
        (loss?.toFixed(2) ?? '').padStart(8) +
        taggers
          .map((tagger) =>
            `${cellOf(comparisonOf(result, tagger.name, name))}${found(result, tagger.name).has(name) ? '*' : ' '}`.padStart(
              WIDTH,
            ),
          )
          .join('') +
        (leftOut === undefined ? '' : `  ${leftOut}`),
    ),
    '',
    ...taggers.flatMap(({ name }) => {
      const all = comparisonOf(result, name, 'all tokens')?.verdict;
      return all === undefined
        ? []
        : [
            `${name}, all tokens: congruity ${interval(all.congruity)}, distances within ${all.distances[0].toFixed(2)} and ${all.distances[1].toFixed(2)}, across ${all.distances[2].toFixed(2)}; equivalent on ${agreed(result, name)} of ${plural(judgedSlices(result, name), 'slice')}`,
          ];
    }),
    '',
    `${complete ? 'complete' : 'interrupted: the same command goes on'}; ${duration(seconds)}; ${estimateInWords(result)}`,
  ].join('\n')}\n`;
}

const judgedSlices = ({ comparisons }: Result, tagger: string): number =>
  comparisons.filter((one) => one.tagger === tagger && one.verdict !== undefined).length;
