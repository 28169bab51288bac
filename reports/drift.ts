/** Releases in a line, as a page: how far each is from the one before and from the first. One file that needs nothing else. */
import { number, percent } from '../src/format.js';
import type { Evidence } from '../src/verdict/evidence.js';
import { markup, Markup, table } from './html/markup.js';
import { scaleOf } from './html/scale.js';
import { style } from './html/style.js';
import { dots, line, path, px, restartIds, svg, text, LEFT, RIGHT } from './html/svg.js';

/** One of the line, against another one. */
export interface DriftStep {
  readonly name: string;
  readonly against: string;
  readonly evidence: Evidence;
  /** share of inputs whose likeliest answer is another one; undefined where it is not known */
  readonly otherAnswers: number | undefined;
}

/** A line: each but the first against the one before, and against the first. */
export interface Drift {
  readonly first: string;
  readonly steps: readonly { readonly before: DriftStep; readonly first: DriftStep }[];
}

const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The numbers of a step, as JSON has them too. */
export const stepNumbers = ({ name, against, evidence, otherAnswers }: DriftStep) => ({
  name,
  against,
  outcome: evidence.outcome,
  relation: evidence.relation?.strongest,
  measure: evidence.measure,
  /** the cross-model distance, and the two within-model distances */
  between: evidence.judgement.strangers,
  within: evidence.judgement.sides.map(({ siblings }) => siblings.estimate),
  excess: evidence.judgement.sides.map(({ excess }) => excess),
  twins: evidence.twins?.twins,
  smallestMargin: evidence.smallestMargin.margin,
  otherAnswers,
  reasons: evidence.judgement.reasons,
});

const HEIGHT = 190;
const TOP = 24;
const BOTTOM = 150;

const classes = { equivalent: 'held', different: 'violated', undecided: 'not-established' } as const;

function picture({ first, steps }: Drift): Markup {
  const between = (of: 'before' | 'first'): number[] =>
    steps.map((step) => step[of].evidence.judgement.strangers.estimate);
  const within = steps.map(({ first: { evidence } }) => evidence.judgement.sides[0].siblings.estimate);
  const y = scaleOf([0, ...between('before'), ...between('first'), ...within], BOTTOM, TOP, 4, 0.02);
  const x = (at: number): number => LEFT + 30 + ((RIGHT - LEFT - 40) * at) / Math.max(1, steps.length);
  const course = (of: 'before' | 'first', kind: 'baseline' | 'candidate'): Markup => {
    const at = between(of).map((d, i): [number, number] => [x(i + 1), y(d)]);
    return markup`${path(`s-${kind}`, `M${at.map(([a, b]) => `${px(a)} ${px(b)}`).join('L')}`)}${dots(kind, at)}`;
  };
  return svg(
    HEIGHT,
    'Drift',
    `Cross-model distance of each to the first (circles) and to the one before (squares), from ${first}; the dashed line is the mean within-model distance of the first.`,
    markup`${y.ticks.map((tick) => markup`${line(LEFT + 26, y(tick), RIGHT, y(tick), 'grid')}${text(LEFT + 22, y(tick) + 4, number(tick), 'end', 't m s')}`)}${
      within.length > 0 && line(LEFT + 26, y(within[0]!), RIGHT, y(within[0]!), 'margin')
    }<g fill="none">${course('first', 'baseline')}${course('before', 'candidate')}</g>${steps.map((_, i) =>
      text(x(i + 1), BOTTOM + 16, String(i + 1), 'middle', 't m s'),
    )}${text(LEFT, HEIGHT - 6, '● to the first   ■ to the one before   - - within the first', 'start', 't m s')}`,
  );
}

function row(step: DriftStep, number_: number | undefined): (Markup | string)[] {
  const { evidence, name, against, otherAnswers } = step;
  const { outcome, judgement, smallestMargin } = evidence;
  return [
    number_ === undefined ? '' : `${number_}: ${name}`,
    against,
    markup`<span class="badge ${classes[outcome]}">${outcome}</span>`,
    evidence.relation?.strongest ?? '',
    number(judgement.strangers.estimate),
    judgement.sides.map(({ siblings }) => number(siblings.estimate)).join(' and '),
    smallestMargin.margin === undefined ? 'none' : percent(smallestMargin.margin),
    otherAnswers === undefined ? '' : percent(otherAnswers),
  ];
}

/** The page's text. */
export function driftPage(drift: Drift, version: string): string {
  restartIds();
  const { steps, first } = drift;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>congruity drift</title><style>${new Markup(style)}.picture path{stroke-width:1.5}.picture .dots{stroke-width:7;stroke-linecap:round}.picture .dots.s-candidate{stroke-linecap:square;stroke-width:6}</style></head><body>
<header><h1>congruity drift</h1><p>${steps.length + 1} fingerprints, from ${first}. Each verdict errs at its own rate: over a long line some err.</p>
<p class="muted">congruity ${version}</p></header>
<main>${picture(drift)}${table(
    'Each against the one before, and against the first',
    [
      { head: 'fingerprint' },
      { head: 'against' },
      { head: 'verdict' },
      { head: 'strongest relation' },
      { head: 'cross-model distance', numeric: true },
      { head: 'within-model distances' },
      { head: 'smallest tolerance', numeric: true },
      { head: 'other answers', numeric: true },
    ],
    steps.flatMap(({ before, first: origin }, i) =>
      before.against === origin.against ? [row(before, i + 1)] : [row(before, i + 1), row(origin, undefined)],
    ),
  )}</main></body></html>
`.text;
}
