/** The result for a terminal. */
import { duration, interval, percent, percentInterval, plural } from '../../src/format.js';
import { pairOf, worstOf, type PairResult, type Result } from './result.js';
import { counted, groupsOf, judgedOf, surprises } from './summary.js';

const MARKS = { equivalent: '=', different: '≠', undecided: '?' } as const;

/** The kind of part that carries all that earlier layers found out. */
const STREAM = 'residual';
type Outcome = PairResult['response']['outcome'];
export const streamOf = ({ response }: PairResult): Outcome | undefined =>
  response.kinds.find(({ kind }) => kind === STREAM)?.outcome;
const mark = (outcome: Outcome | undefined): string => (outcome === 'alike' ? '=' : outcome === 'unlike' ? '≠' : '?');

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
    says: 'whether they respond alike with parts of every kind replaced (= alike, ≠ unlike, ? undecided), and the largest mean discrepancy',
    of: (pair: PairResult): string => `${mark(pair.response.outcome)}${worstOf(pair).toFixed(2)}`,
    value: (pair: PairResult): number => 1 - worstOf(pair),
  },
  {
    title: 'stream',
    says: 'the same with the residual stream at the last position replaced, layer by layer',
    of: (pair: PairResult): string => `${mark(streamOf(pair))}${worstOf(pair, STREAM).toFixed(2)}`,
    value: (pair: PairResult): number => 1 - worstOf(pair, STREAM),
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

/** How right the estimate was, in a sentence. */
export function estimateInWords({ estimate, seconds, rows, complete }: Result): string {
  const said = `estimated ${duration(estimate.seconds)} and ${estimate.rows} rows`;
  return complete ? `${said}; it took ${duration(seconds)} and ${rows} rows` : said;
}

/** @param columns of the terminal */
export function toText(result: Result, _columns: number): string {
  const { settings, prompts, models, skipped, seconds, cpuSeconds, complete } = result;
  const reasons = new Map<string, number>();
  for (const { what } of prompts.leftOut) reasons.set(what, (reasons.get(what) ?? 0) + 1);
  const left = [...reasons].map(([what, count]) => plural(count, what)).join(', ');
  return `${[
    `indirect object identification: ${plural(prompts.count, 'prompt')} of ${plural(prompts.names.length, 'name')} and ${plural(prompts.templates.length, 'template')}, ${settings.draws} implementations a model, seed ${settings.seed}`,
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
    ...surprises(result).map(
      ({ pair, why, site, kind }) =>
        `surprising: ${pair.row} and ${pair.column} are ${why}; congruity ${interval(pair.congruity)}${site ? `, most at ${site.row} (distance ${site.distance.toFixed(2)})` : ''}${kind ? `, on "${kind.kind}" (CKA ${kind.cka.toFixed(2)})` : ''}`,
    ),
    '',
    `${complete ? 'complete' : 'interrupted: the same command goes on'}; ${duration(seconds)}, ${duration(cpuSeconds)} of CPU time; ${estimateInWords(result)}`,
  ].join('\n')}\n`;
}
