/** What share of planted changes such a comparison stops, by kind and dose, with limits. */
import { percent, percentInterval } from '../../src/format.js';
import { rowInWords } from '../../src/power/words.js';
import { figure, table, type Markup } from '../html/markup.js';
import { scaleOf } from '../html/scale.js';
import { axis, dot, heading, LEFT, line, RIGHT, svg } from '../html/svg.js';
import { linesOf, ofComparison, type Comparison, type Properties } from './section.js';

type Power = NonNullable<Comparison['power']>;

const ROW = 34;

function picture({ rows }: Power): Markup {
  const scale = scaleOf([0, 100], LEFT, RIGHT);
  const bottom = 6 + ROW * rows.length;
  return svg(bottom + 34, 'Share of planted changes that is stopped', rows.map(rowInWords).join('; '), [
    axis(scale, 4, bottom, 'stopped, of those that keep the behaviour (%)'),
    line(scale(50), 4, scale(50), bottom, 'margin'),
    rows.map(({ description, planted, broken, stopped, share }, i) => {
      const y = 28 + ROW * i;
      const kept = planted - broken;
      return [
        heading(y - 10, description, kept === 0 ? 'all refused' : `${stopped} of ${kept}`, 't'),
        kept > 0 && [
          line(scale(100 * share.low), y, scale(100 * share.high), y, 's-candidate thick'),
          dot('candidate', scale(100 * share.estimate), y, `${percent(share.estimate)}`),
        ],
      ];
    }),
  ]);
}

export const power = ofComparison({
  id: 'power',
  title: 'Power',
  applies: (evidence) => evidence.power !== undefined,
  html: ({ power: found }) =>
    figure(
      found!.blind ? 'Blind to what was planted' : 'What this comparison stops',
      picture(found!),
      `Changes planted in the baseline and judged like a candidate, with at most ${found!.draws} draws a side on ${found!.inputs} inputs; limits at ${percent(found!.confidence)}. Those that break the behaviour are refused and not among them.${found!.cached ? ' Known from an earlier run.' : ''}`,
      table(
        'Planted changes',
        ['change', 'planted', 'refused', 'stopped', 'of these different', 'share stopped'].map((head, j) => ({
          head,
          numeric: j > 0,
        })),
        found!.rows.map(({ description, planted, broken, stopped, different, share }) => [
          description,
          planted,
          broken,
          stopped,
          different,
          planted === broken ? '' : percentInterval(share),
        ]),
      ),
    ),
  lines: ({ power: found }) => linesOf(found!.reasons.map((reason) => ['power', reason.replace(/\.$/, '')] as const)),
  properties: ({ power: found }): Properties => ({
    'power.blind': String(found!.blind),
    ...Object.fromEntries(
      found!.rows.flatMap(({ kind, dose, planted, broken, stopped }) => [
        [`power.${kind}.${dose}.kept`, String(planted - broken)],
        [`power.${kind}.${dose}.stopped`, String(stopped)],
      ]),
    ),
  }),
});
