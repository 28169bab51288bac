/** One check: the verdict first, then what it rests on. */
import type { Evidence } from '../../src/verdict/evidence.js';
import { interval, number, percent, percentInterval } from '../../src/format.js';
import type { Check } from '../schema.js';
import { headline, mark, type Status } from '../words.js';
import { acceptancePicture, behaviourPicture, circuitTables } from './behaviour.js';
import { inputLines, toleranceInWords, measuredLines, smallestInWords, stillInWords } from '../../src/verdict/words.js';
import { claimLines, replayOptions } from '../../src/claims/words.js';
import { boundsPicture } from './bounds.js';
import { claimSection } from './claim.js';
import { distributions } from './distributions.js';
import { excessPicture } from './excess.js';
import { heatmap } from './heatmap.js';
import { markup, table, type Markup, type MarkupPart } from './markup.js';
import { runningPicture } from './running.js';
import { sitesPicture } from './sites.js';

export const className = (status: Status): string => status.replace(' ', '-');

export function badge(status: Status): Markup {
  return markup`<span class="badge ${className(status)}">${mark[status]} ${status}</span>`;
}

function verdict(check: Check): Markup {
  const judgement = check.evidence?.judgement;
  const { error, claim } = check;
  return markup`<div class="verdict ${className(check.status)}"><p><b>${headline(check)}</b></p>${
    judgement?.failed && markup`<p>Condition that failed: <b>${judgement.failed}</b>.</p>`
  }${claim?.counterexample && markup`<p><code>${claim.counterexample.description}</code></p>`}${
    claim && claim.reasons.length > 0 && markup`<ul>${claim.reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`
  }${claim?.wouldSettle && markup`<p><b>What would settle it:</b> ${claim.wouldSettle}</p>`}${judgement && judgement.reasons.length > 0 && markup`<ul>${judgement.reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`}${
    check.evidence?.smallest &&
    markup`<p><b>The smallest that shows it:</b> ${smallestInWords(check.evidence.smallest)}.</p>`
  }${judgement?.wouldSettle && markup`<p><b>What would settle it:</b> ${judgement.wouldSettle}</p>`}${
    error &&
    markup`<p>${error.name} <code>${error.code}</code>${error.where && markup`<br>Where: ${error.where}`}${
      error.hint && markup`<br><b>What to do:</b> ${error.hint}`
    }</p>`
  }</div>`;
}

const yes = (flag: boolean): string => (flag ? 'yes' : 'NO');

function sidesTable({ judgement, baseline, candidate }: Evidence): Markup {
  const [a, b] = judgement.sides;
  const row = (name: string, of: (side: typeof a, evidence: typeof baseline) => MarkupPart): MarkupPart[] => [
    name,
    of(a, baseline),
    of(b, candidate),
  ];
  return table(
    'The two sides',
    [{ head: '' }, { head: 'baseline', numeric: true }, { head: 'candidate', numeric: true }],
    [
      row('mean distance between siblings', (side) => interval(side.siblings)),
      row('strangers farther than siblings (excess)', (side) => percentInterval(side.excess)),
      row('sibling nearer than stranger (T)', (side) => interval(side.T)),
      row('stranger more than the margin farther than a sibling (share)', (side) => number(side.beyond)),
      row('self-congruity', (side) => interval0(side.self.congruity)),
      row('strict score with itself', (side) => interval0(side.self.strictScore)),
      row(`noise of random halves (${a.self.splits} halvings)`, (side) => percent(side.self.noise)),
      row('shuffled control, excess', (side) => (side.control ? percentInterval(side.control) : 'none')),
      row('agrees with itself within the margin', (side) => yes(side.checks.selfCongruent)),
      row('could tell the unrelated apart', (side) => yes(side.checks.powered)),
      row('siblings vary', (side) => yes(side.checks.varied)),
      row('behaviour of the model', (_, evidence) => number(evidence.behaviour)),
      row('draws accepted', (_, evidence) => `${evidence.acceptance.accepted} of ${evidence.acceptance.tried}`),
    ],
  );
}

const interval0 = (x: number): string => number(x);

function scores({ judgement, measure, alsoReport: beside }: Evidence): Markup {
  const { energy } = judgement;
  return markup`${table(
    'Scores of the pair',
    [{ head: '' }, { head: 'value', numeric: true }],
    [
      ['mean distance between strangers', interval(judgement.strangers)],
      ['congruity, 1 − |T1 + T2 − 1|', interval(judgement.congruity)],
      ['strict score, 1 − max |2 T − 1|', interval(judgement.strictScore)],
      ['energy distance', number(energy.distance)],
      [`p, ${energy.exact ? 'all' : ''} ${energy.permutations} permutations`, number(energy.p)],
    ],
  )}${
    beside.length > 0 &&
    table(
      `Other measures under the same rule (the verdict rests on ${measure})`,
      [{ head: '' }, ...beside.map((other) => ({ head: other.measure, numeric: true }))],
      [
        ['decides', ...beside.map((other) => (other.decides ? 'yes' : 'no'))],
        ['says', ...beside.map((other) => other.outcome)],
        ['siblings', ...beside.map((other) => other.siblings.map(number).join(' and '))],
        ['strangers', ...beside.map((other) => number(other.strangers))],
        ['excess from baseline', ...beside.map((other) => percentInterval(other.excess[0]))],
        ['excess from candidate', ...beside.map((other) => percentInterval(other.excess[1]))],
        ['congruity', ...beside.map((other) => number(other.congruity))],
      ],
    )
  }`;
}

function setup(check: Check, evidence: Evidence): Markup {
  const { baseline, candidate, representation, environment, judgement, task } = evidence;
  const { policy } = judgement;
  const code = (text: string): Markup => markup`<code>${text}</code>`;
  const rows: MarkupPart[][] = [
    ['baseline', markup`${baseline.model.name} (${baseline.model.kind})<br>${code(baseline.model.fingerprint)}`],
    ['candidate', markup`${candidate.model.name} (${candidate.model.kind})<br>${code(candidate.model.fingerprint)}`],
    ['baseline implementations', baseline.set],
    ['candidate implementations', candidate.set],
    ['task', `${task.name}, ${task.inputs} inputs; ${task.behaviour}, required: ${task.threshold}`],
    ...inputLines(task),
    [
      'representation',
      markup`${representation.features} features, pooled: ${representation.pool}, at ${representation.sites.map((site, i) => [i > 0 && ', ', code(site)])}`,
    ],
    ['measure', evidence.measure],
    ['margin', toleranceInWords(judgement)],
    [
      'levels of the comparison',
      `alpha ${number(evidence.sequential.levels.alpha)}, beta ${number(evidence.sequential.levels.beta)}`,
    ],
    ...(evidence.singleSite
      ? [
          [
            'judged at',
            markup`${code(evidence.singleSite.site)} alone, one of ${evidence.singleSite.looked.length} sites that share alpha. All sites together: ${evidence.singleSite.allSites.reasons.join(' ')}`,
          ],
        ]
      : []),
    ...(evidence.still ? [['left out of looks at single sites', stillInWords(evidence.still)]] : []),
    ...(evidence.symmetries
      ? [['symmetries of the task', `distances up to ${evidence.symmetries} relabellings of the inputs`]]
      : []),
    ...(evidence.runs
      ? [['trained runs', `${evidence.runs[0]} and ${evidence.runs[1]}: what counts as independent draws`]]
      : []),
    ...(evidence.refused?.map(({ measure, why }) => [`${measure} could not be taken`, why]) ?? []),
    ['resolution', number(policy.resolution)],
    ['resamples', `${policy.bootstrap} bootstrap, ${policy.permutations} permutations`],
    ['seed', code(String(evidence.seed))],
    ['backend', `${environment.backend}: ${environment.backendDescription}`],
    ['software', `congruity ${environment.congruity}, Node ${environment.node}, ${environment.platform}`],
    ['took', `${number(evidence.seconds)} s`],
    ['asserted by', markup`${code(check.matcher)}, expected ${check.expected}`],
  ];
  return markup`<div class="wide">${table('Models, method and environment', [{ head: '' }, { head: '' }], rows)}</div>`;
}

/** What every section begins with. */
function head(check: Check, id: string): Markup {
  const alone = check.claim && replayOptions(check.claim);
  return markup`<header><h2 id="${id}h">${check.test}</h2>${badge(check.status)}</header>
<p class="muted">${check.file}</p>
${verdict(check)}
<h3>Replay</h3><pre><code>${check.replay}</code></pre>${alone !== undefined && markup`<p>Only the counterexample, with the matcher’s option <code>${alone}</code></p>`}`;
}

function details(check: Check): Markup {
  const { evidence, claim } = check;
  return markup`${claim && claimSection(check, claim)}${
    evidence &&
    markup`<h3>What was measured</h3>${excessPicture(evidence)}${runningPicture(evidence)}${distributions(evidence)}${heatmap(evidence)}${sitesPicture(evidence)}
<h3>Scores</h3>${sidesTable(evidence)}${scores(evidence)}${boundsPicture(evidence)}
<h3>Implementations</h3>${behaviourPicture(evidence)}${acceptancePicture(evidence)}${circuitTables(evidence)}
<h3>Set-up</h3>${setup(check, evidence)}`
  }`;
}

/** The lines that a terminal shows. */
function brief({ evidence, claim }: Check): Markup | false {
  const rows = evidence ? measuredLines(evidence) : claim ? claimLines(claim) : [];
  return (
    rows.length > 0 &&
    markup`<h3>In short</h3><div class="wide">${table('The rest is in report.json', [{ head: '' }, { head: '' }], rows)}</div>`
  );
}

/** @param full false: without pictures and tables */
export function checkSection(check: Check, id: string, full: boolean): Markup {
  return markup`<section class="check" id="${id}" aria-labelledby="${id}h">${head(check, id)}
${full ? details(check) : brief(check)}</section>\n`;
}
