/** The result for a terminal. */
import { duration, interval, percent, percentInterval, plural } from '../../src/format.js';
import { estimateInWords } from '../estimate-in-words.js';
import { MARKS } from '../marks.js';
import { movingOf, pairOf, worstOf, type PairResult, type Result } from './result.js';
import { carriersOf, counted, groupsOf, judgedOf, surprises } from './summary.js';

const mark = (outcome: PairResult['response']['outcome']): string =>
  outcome === 'alike' ? '=' : outcome === 'unlike' ? '≠' : '?';
const alikeOf = (pair: PairResult): number => movingOf(pair).filter(({ outcome }) => outcome === 'alike').length;

/** What a matrix can show of a pair. */
export const matrices = [
  {
    title: 'ours',
    says: 'verdict (= equivalent, ≠ different, ? undecided) and congruity',
    of: ({ outcome, congruity }: PairResult): string => `${MARKS[outcome]}${congruity.estimate.toFixed(2)}`,
    value: ({ congruity }: PairResult): number => congruity.estimate,
  },
  {
    title: 'responses',
    says: 'whether they respond alike whatever part is replaced (= alike, ≠ unlike, ? undecided), and the largest mean discrepancy',
    of: (pair: PairResult): string => `${mark(pair.response.outcome)}${worstOf(pair).toFixed(2)}`,
    value: (pair: PairResult): number => 1 - worstOf(pair),
  },
  {
    title: 'parts',
    says: 'in how many parts they respond alike, of those that move their answers',
    of: (pair: PairResult): string => `${alikeOf(pair)}/${movingOf(pair).length}`,
    value: (pair: PairResult): number => alikeOf(pair) / Math.max(1, movingOf(pair).length),
  },
  {
    title: 'code',
    says: 'what the published code computes: the root of R2 between untouched models',
    of: ({ code }: PairResult): string => code.toFixed(2),
    value: ({ code }: PairResult): number => code,
  },
  {
    title: 'CKA',
    says: 'linear, of untouched models',
    of: ({ cka }: PairResult): string => cka.toFixed(2),
    value: ({ cka }: PairResult): number => cka,
  },
] as const;

const WIDTH = 6;

function matrix(result: Result, which: (typeof matrices)[number]): string[] {
  const models = judgedOf(result);
  const label = Math.max(...models.map(({ name }) => name.length)) + 4;
  return [
    `${which.title}: ${which.says}`,
    ' '.repeat(label) + models.map((_, j) => String(j + 1).padStart(WIDTH)).join(''),
    ...models.map(
      ({ name }, i) =>
        `${String(i + 1).padStart(2)} ${name}`.padEnd(label) +
        models
          .map((_, j) => {
            const pair = i < j ? pairOf(result, name, models[j]!.name) : undefined;
            return (pair ? which.of(pair) : i === j ? '.' : '').padStart(WIDTH);
          })
          .join('')
          .trimEnd(),
    ),
    '',
  ];
}

/** Surprises of which each has a line; of more there are numbers only, and the page has them all. */
const LISTED = 8;

const tallyInWords = (all: readonly (readonly [string, number])[]): string =>
  all.map(([name, count]) => `${name} (${count})`).join(', ');

function surprisesInWords(result: Result): string[] {
  const all = surprises(result);
  return [
    ...carriersOf(all).map(
      ({ why, count, sites, kinds }) =>
        `surprising: ${plural(count, 'pair')} ${why}; most at ${tallyInWords(sites)}; on ${tallyInWords(kinds)}`,
    ),
    ...all
      .slice(0, LISTED)
      .map(
        ({ pair, site, kind }) =>
          `  ${pair.row} and ${pair.column}; congruity ${interval(pair.congruity)}${site ? `, most at ${site.row} (distance ${site.distance.toFixed(2)})` : ''}${kind ? `, on "${kind.kind}" (CKA ${kind.cka.toFixed(2)})` : ''}`,
      ),
    ...(all.length > LISTED ? [`  and ${all.length - LISTED} more, which the page has`] : []),
  ];
}

/** @param columns of the terminal */
export function toText(result: Result, _columns: number): string {
  const { settings, prompts, models, skipped, seconds, complete } = result;
  const reasons = new Map<string, number>();
  for (const { what } of prompts.leftOut) reasons.set(what, (reasons.get(what) ?? 0) + 1);
  const left = [...reasons].map(([what, count]) => plural(count, what)).join(', ');
  return `${[
    `indirect object identification: ${plural(prompts.count, 'prompt')}${prompts.count < settings.inputs ? ` (${settings.inputs} were asked for)` : ''} of ${plural(prompts.names.length, 'name')} and ${plural(prompts.templates.length, 'template')}, ${settings.draws} implementations a model, seed ${settings.seed}`,
    ...(left === '' ? [] : [`  left out, as some model has no such token: ${left}`]),
    ...prompts.refused.map(
      ({ model, why, prompts: count }) => `  left out: ${plural(count, 'prompt')}, ${model}: ${why}`,
    ),
    ...skipped.map(({ path, why }) => `  skipped: ${path}: ${why}`),
    '',
    ...models.map(
      ({ name, family, accuracy, logitDifference, leftOut, heads }) =>
        `${name} (${family}): accuracy ${percent(accuracy)}, logit difference ${logitDifference.toFixed(2)}${leftOut === undefined ? '' : `; not judged: ${leftOut}`}${heads[0] ? `; ${heads[0].head} restores ${percent(heads[0].restores)}, breaks ${percent(heads[0].breaks)}` : ''}`,
    ),
    '',
    ...matrices.flatMap((which) => matrix(result, which)),
    ...groupsOf(result)
      .map(counted)
      .map(
        ({ name, count, equivalent, different, undecided, alike, rate, congruity, code, cka }) =>
          `${name}: ${plural(count, 'pair')}; equivalent ${equivalent} (${percentInterval(rate)}), different ${different}, undecided ${undecided}; responds alike ${alike}; mean congruity ${congruity.toFixed(2)}, code ${code.toFixed(2)}, CKA ${cka.toFixed(2)}`,
      ),
    ...surprisesInWords(result),
    '',
    `${complete ? 'complete' : 'interrupted: the same command goes on'}; ${duration(seconds)}; ${estimateInWords(result)}`,
  ].join('\n')}\n`;
}
