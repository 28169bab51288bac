/** The result as one page: models, the table of slices as a picture, function vectors, and a text coloured by verdict. */
import { Markup, markup, table, type MarkupPart } from '../../reports/html/markup.js';
import { heatStep } from '../../reports/html/scale.js';
import { px, restartIds, RIGHT, shorten, svg, text as label } from '../../reports/html/svg.js';
import { duration, interval, percent } from '../../src/format.js';
import { estimateInWords } from '../estimate-in-words.js';
import { document } from '../page.js';
import { comparisonOf, type Result } from './result.js';
import { found } from './summary.js';
import { cellOf, heading } from './text.js';

const TOP = 24;
const NAMES = 140;
const HEIGHT = 22;
const MOST = 120;

const numeric = (head: string) => ({ head, numeric: true });

/** Slices down, taggers across: verdict and congruity. */
function heat(result: Result): Markup {
  const { slices, taggers } = result;
  const cell = Math.min(MOST, (RIGHT - NAMES) / Math.max(1, taggers.length));
  const cells = slices.flatMap(({ name }, i) =>
    taggers.map((tagger, j): MarkupPart => {
      const one = comparisonOf(result, tagger.name, name);
      if (one?.verdict === undefined) return false;
      const step = heatStep(one.verdict.congruity.estimate);
      const [x, y] = [NAMES + j * cell, TOP + i * HEIGHT];
      return markup`<path class="q${step}" stroke-width="${px(HEIGHT - 1)}" d="M${px(x + 0.5)} ${px(y + HEIGHT / 2)}h${px(cell - 1)}"><title>${tagger.name}, ${name}: ${one.verdict.outcome}, congruity ${interval(one.verdict.congruity)}</title></path>${label(x + cell / 2, y + HEIGHT / 2 + 4, cellOf(one), 'middle', 't s')}`;
    }),
  );
  const labels = [
    slices.map(({ name }, i) => label(NAMES - 6, TOP + i * HEIGHT + HEIGHT / 2 + 4, name, 'end', 't s')),
    taggers.map(({ name }, j) => label(NAMES + j * cell + cell / 2, TOP - 8, shorten(name, 18), 'middle', 't s')),
  ];
  return svg(
    TOP + slices.length * HEIGHT + 8,
    'Congruity by slice and tagger',
    'verdict (= equivalent, ≠ different, ? undecided) and congruity of the two tasks',
    [labels, cells],
  );
}

const comparisons = (result: Result): Markup =>
  table(
    'Every comparison',
    [
      'tagger',
      'slice',
      'tagged right',
      'verdict',
      'congruity',
      'within words, within tags, across',
      'can do without (words, tags)',
      'draws',
      'function vectors: own, moved (words)',
      'the same (tags)',
      'why',
    ].map((head) => ({ head })),
    result.comparisons.map(({ tagger, slice, accuracy, verdict, leftOut }) => [
      tagger,
      slice,
      percent(accuracy),
      ...(verdict === undefined
        ? ['', '', '', '', '', '', '', leftOut ?? '']
        : [
            `${verdict.outcome}${found(result, tagger).has(slice) ? ' *' : ''}`,
            interval(verdict.congruity),
            verdict.distances.map((x) => x.toFixed(3)).join(', '),
            verdict.patchable.map(percent).join(', '),
            verdict.draws.join(', '),
            ...[0, 1].map((side) => {
              const one = verdict.vectors?.[side];
              return one === undefined ? '' : `${one.own.toFixed(2)}, ${one.moved.toFixed(2)}`;
            }),
            verdict.reason,
          ]),
    ]),
  );

const colours = { equivalent: '#2a78d6', different: '#d64a2a', undecided: '#8a8a8a' } as const;

/** The beginning of the text, each word in the colour of its group's verdict. */
function coloured(result: Result, tagger: string): Markup {
  const words = result.text.shown.map(
    (sentence) =>
      markup`<p>${sentence.map(([word, group]) => {
        const outcome = comparisonOf(result, tagger, group)?.verdict?.outcome;
        return outcome === undefined
          ? markup`${word} `
          : markup`<span title="${group}: ${outcome}" style="border-bottom:3px solid ${colours[outcome]}">${word}</span> `;
      })}</p>`,
  );
  return markup`<details${result.taggers[0]?.name === tagger && new Markup(' open')}><summary>${tagger}</summary>${words}</details>`;
}

/** The page's text. */
export function toPage(result: Result): string {
  const { text, model, taggers, slices, skipped, seconds, complete } = result;
  restartIds();
  return document(
    'Parts of speech',
    markup`<p>${heading(result)}.</p>
<p class="muted">${complete ? 'Complete' : 'Interrupted: the same command goes on'}; ${duration(seconds)}; ${estimateInWords(result)}.</p>`,
    [
      markup`<section><h2>Two tasks</h2><p>${model.name} predicts with a loss of ${model.loss.toFixed(2)} nats, ${percent(model.accuracy)} right; how often words occur alone gives ${model.byFrequency.toFixed(2)} nats.</p>${table(
        'Taggers',
        [{ head: 'tagger' }, { head: '' }, numeric('parts of speech right'), { head: 'what speaks against it' }],
        taggers.map(({ name, control, accuracy, fault }) => [
          name,
          control ? 'control' : '',
          percent(accuracy),
          fault ?? '',
        ]),
      )}${skipped.map(({ path, why }) => markup`<p>Skipped: ${path}: ${why}.</p>`)}</section>`,
      taggers.length > 0 &&
        markup`<section><h2>Slices</h2><figure><figcaption>Verdict and congruity of the two tasks, by the group of a token. Blank: not judged.</figcaption>${heat(result)}</figure><details><summary>Numbers</summary>${comparisons(result)}<p>* different at a false discovery rate of 5 % over slices (e-BH).</p></details></section>`,
      markup`<section><h2>The text by verdict</h2><p>${Object.entries(colours).map(([outcome, colour]) => markup`<span style="border-bottom:3px solid ${colour}">${outcome}</span> `)}; without a line: not judged.</p>${taggers.map(({ name }) => coloured(result, name))}</section>`,
      markup`<section><h2>Places of the text</h2>${table(
        'Slices of the text',
        [
          { head: 'slice' },
          numeric('places'),
          numeric('loss, nats'),
          numeric('next word right'),
          { head: 'not judged' },
        ],
        slices.map(({ name, readings, loss, accuracy, leftOut }) => [
          name,
          readings,
          loss?.toFixed(2) ?? '',
          accuracy === undefined ? '' : percent(accuracy),
          leftOut ?? '',
        ]),
      )}<ul>${text.excluded.map(({ why, count }) => markup`<li>left out: ${count} ${why}</li>`)}</ul></section>`,
    ],
  );
}
