/** Both models under one intervention: how far apart these twins are beside how far apart one model's implementations are, and whether an intervention does the same to both. */
import { interval, number } from '../../src/format.js';
import { COSINE, PAIRING } from '../../src/verdict/twins/decide.js';
import type { ControlEvidence, TwinsEvidence } from '../../src/verdict/twins/evidence.js';
import { figure, markup, table, type Markup } from '../html/markup.js';
import { scaleOf, type Scale } from '../html/scale.js';
import { axis, dots, line, path, px, rect, RIGHT, svg, text } from '../html/svg.js';
import type { Check } from '../schema.js';
import { limitsUnder, type Section } from './section.js';

const twinsOf = ({ evidence, claim }: Check): TwinsEvidence | undefined => evidence?.twins ?? claim?.twins;

const left = 50;
const top = 16;

/** Grid lines and numbers of the scale at the left. */
const upwards = (y: Scale): Markup[][] =>
  y.ticks.map((tick) => [
    line(left, y(tick), RIGHT, y(tick), 'grid'),
    text(left - 6, y(tick) + 4, String(tick), 'end', 't m'),
  ]);

/** Each pair against the nearer of its two models: below the line twins are the nearer. */
function distances({ draws, measure, ratio, meanRatio, pairs, siblings, twins, untouched }: TwinsEvidence): Markup {
  const at = draws.map((draw) => [Math.min(...draw.siblings), draw.distance] as const);
  const most = Math.max(untouched, ...at.flat());
  const bottom = 216;
  const x = scaleOf([0, most], left, RIGHT, 5, 0);
  // what is above the highest circle is for words
  const y = scaleOf([0, most], bottom, top + 20, 5, 0);
  const mean = Math.min(...siblings);
  const picture = svg(
    bottom + 38,
    'Distance of twins against within-model distance',
    `Twins are ${number(twins)} apart on average, implementations of one model ${number(mean)}. Twin ratio ${interval(ratio)}.`,
    [
      path('allowed', `M${px(x(0))} ${px(y(0))}L${px(x(most))} ${px(y(most))}V${px(y(0))}z`),
      axis(x, top, bottom, `within-model distance (${measure})`),
      upwards(y),
      line(x(0), y(0), x(most), y(most), 'margin'),
      text(RIGHT - 4, bottom - 8, 'twins nearer: derived', 'end', 't b'),
      text(left + 6, top + 10, 'twins farther', 'start', 't b'),
      dots(
        'baseline',
        at.map(([within, twin]) => [x(within), y(twin)] as const),
        'dots large soft',
      ),
      path('s-candidate thick', `M${px(x(mean) - 7)} ${px(y(twins))}h14M${px(x(mean))} ${px(y(twins) - 7)}v14`),
    ],
  );
  return figure(
    'Twins',
    picture,
    `Each circle is one intervention made on both models: upwards the distance of the two twins, to the right the mean distance of a twin to the other implementations of its own model (of the model for which it is smaller). The cross is the mean. ` +
      `Below the dashed line twins are nearer to each other than one model is to itself. Twin ratio: ${interval(ratio)}, with limits that hold whenever drawing ends; of the means ${interval(meanRatio)}.`,
    table(
      'Twin by twin',
      [
        { head: 'draw', numeric: true },
        { head: 'twins', numeric: true },
        { head: 'within baseline, candidate', numeric: true },
        { head: 'moved baseline, candidate', numeric: true },
        { head: 'cosine', numeric: true },
      ],
      [
        ['none', number(untouched), '–', '–', '–'],
        ...draws
          .slice(0, pairs)
          .map(({ distance, siblings: [a, b], moved, cosine }, w) => [
            String(w + 1),
            number(distance),
            `${number(a)}, ${number(b)}`,
            `${number(moved[0])}, ${number(moved[1])}`,
            cosine === undefined ? 'moves neither' : number(cosine),
          ]),
      ],
    ),
  );
}

/** Draw by draw, with the mean and its limits. */
function responses({ draws, cosine, bySite }: TwinsEvidence): Markup {
  const bottom = 156;
  const found = draws.flatMap((draw, w) => (draw.cosine === undefined ? [] : [[w + 1, draw.cosine] as const]));
  const x = scaleOf([0, draws.length + 1], left, RIGHT, Math.min(6, draws.length + 1));
  const y = scaleOf([Math.min(0, cosine!.low, ...found.map(([, c]) => c)), 1], bottom, top, 5);
  const picture = svg(
    bottom + 38,
    'Response cosine of each intervention',
    `Median ${interval(cosine!)}, of ${found.length} interventions; derived above ${COSINE}.`,
    [
      rect(left, y(1), RIGHT - left, y(COSINE) - y(1), 'allowed'),
      axis(x, top, bottom, 'intervention'),
      upwards(y),
      line(left, y(COSINE), RIGHT, y(COSINE), 'margin'),
      line(left, y(cosine!.estimate), RIGHT, y(cosine!.estimate), 's-candidate thick'),
      [cosine!.low, cosine!.high].map((limit) => line(left, y(limit), RIGHT, y(limit), 's-candidate')),
      dots(
        'baseline',
        found.map(([w, c]) => [x(w), y(c)] as const),
        'dots large soft',
      ),
    ],
  );
  return figure(
    'Response cosine of each pair of twins',
    picture,
    `What each intervention does to one model's representation, against what it does to the other's: 1 is the same, 0 has nothing in common. Thick: the median, ${interval(cosine!)}; thin: its limits, which hold whenever drawing ends. Derived needs the lower one above ${COSINE}, “not derived” is said when the upper one is below.`,
    table(
      'Site by site, of the first few interventions',
      [{ head: 'site' }, { head: 'moved baseline, candidate', numeric: true }, { head: 'cosine', numeric: true }],
      bySite.map((one) => [
        one.site,
        `${number(one.moved[0])}, ${number(one.moved[1])}`,
        one.cosine === undefined ? 'moves neither' : number(one.cosine),
      ]),
    ),
  );
}

/** What the same interventions do with components paired at random. */
function pairing({ draws, ratio, skipped, cosine, atRandom }: ControlEvidence): Markup {
  const bottom = 156;
  const x = scaleOf([0, draws.length + 1], left, RIGHT, Math.min(6, draws.length + 1));
  const y = scaleOf([Math.min(0, ...draws.flatMap((draw) => [draw.cosine, draw.atRandom])), 1], bottom, top, 5);
  const picture = svg(
    bottom + 38,
    'Response cosine as components correspond, and with components paired at random',
    `Median ${number(cosine)}, at random ${number(atRandom)}. Pairing ratio ${interval(ratio)}; derived below ${PAIRING}.`,
    [
      axis(x, top, bottom, 'intervention'),
      upwards(y),
      dots(
        'baseline',
        draws.map((draw, w) => [x(w + 1), y(draw.cosine)] as const),
        'dots large soft',
      ),
      dots(
        'candidate',
        draws.map((draw, w) => [x(w + 1), y(draw.atRandom)] as const),
        'dots large soft',
      ),
    ],
  );
  return figure(
    'Pairing',
    picture,
    `Circles: response cosines of interventions that were made on both models. Squares: the same with other components of the same kind patched in the candidate. Pairing ratio: ${interval(ratio)}. It is 1 - cosine of the circles over 1 - cosine of the squares, a median; derived needs its upper limit below ${PAIRING}.` +
      (skipped === 0 ? '' : ` ${skipped} more interventions say nothing so.`),
    table(
      'Draw by draw',
      [
        { head: 'draw', numeric: true },
        { head: 'components', numeric: true },
        { head: 'cosine', numeric: true },
        { head: 'at random', numeric: true },
      ],
      draws.map((draw, w) => [String(w + 1), String(draw.components), number(draw.cosine), number(draw.atRandom)]),
    ),
  );
}

export const twins: Section = {
  id: 'twins',
  title: 'Twins',
  applies: (check) => twinsOf(check) !== undefined,
  html: (check) => {
    const found = twinsOf(check)!;
    const { outcome, reasons, cosine, control } = found;
    const said = { derived: 'Derived', 'not derived': 'Not derived', open: 'Whether it is derived is open' }[outcome];
    // of a claim the verdict has said it
    return markup`${check.evidence && markup`<p>${said}. ${reasons.join(' ')}</p>`}${distances(found)}${cosine && responses(found)}${control && pairing(control)}`;
  },
  properties: (check) => {
    const { outcome, ratio, meanRatio, cosine, pairs, control } = twinsOf(check)!;
    return {
      twins: outcome,
      'twins.pairs': String(pairs),
      ...limitsUnder('twins.ratio', ratio),
      ...limitsUnder('twins.meanRatio', meanRatio),
      ...(cosine && limitsUnder('twins.cosine', cosine)),
      ...(control && limitsUnder('twins.pairing', control.ratio)),
    };
  },
};
