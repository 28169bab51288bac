/** A claim's evidence in words: the one account that messages and reports print. */
import { capital, duration, number, percent, percentInterval, plural } from '../format.js';
import { boundLines } from '../bounds/words.js';
import { realisationLines } from '../realisation/words.js';
import { responseLines } from '../response/words.js';
import type { ChainEvidence, ClaimEvidence, PartEvidence } from './claim.js';
import { nearestLines } from './nearest.js';
import { inputLines } from '../verdict/words.js';
import { twinKeyLines, twinLines } from '../verdict/twins/words.js';

const effectLine = ({ by, tried, broken, share }: PartEvidence['effects'][number]): string =>
  share.low === share.high
    ? `${by} breaks ${broken} of all ${tried}, ${percent(share.estimate)}`
    : `${by} breaks ${broken} of ${tried}, ${percentInterval(share)}`;

/** A way that was not needed any more is left out. */
function partLine({ status, effects }: PartEvidence): string {
  const tried = effects.filter((one) => one.tried > 0);
  return `${status}: ${(tried.length > 0 ? tried.map(effectLine) : ['not tried']).join('; ')}`;
}

/** The axioms at one step, and how often each holds. */
const chainRow = ({ axiom, violated, rate, is }: ChainEvidence['rows'][number]): string =>
  `${axiom} ${rate.low === rate.high ? percent(rate.estimate) : percentInterval(rate)}${violated > 0 ? ` (${is})` : ''}`;

const chainLines = ({ rows }: ChainEvidence): Line[] =>
  [...new Set(rows.map(({ step }) => step))].map((step): Line => [
    step,
    rows
      .filter((row) => row.step === step)
      .map(chainRow)
      .join('; '),
  ]);

/** Parts to list in a message; a report has them all. */
const LISTED = 12;

/** How to run the counterexample alone, as options of the matcher. Undefined where there is no path to it. */
export function replayOptions({ search }: ClaimEvidence): string | undefined {
  const { seed, path } = search ?? {};
  return seed === undefined || path === undefined
    ? undefined
    : `check: { seed: ${seed}, path: "${path}", endOnFailure: true }`;
}

const searchLine = (search: NonNullable<ClaimEvidence['search']>, seconds: number): string =>
  `${plural(search.runs, 'run')}, ${plural(search.shrinks, 'shrink')}, ${number(search.evaluated)} tried in ${plural(search.passes, 'forward pass', 'forward passes')}, ${duration(seconds)}${search.again ? '; failed before, and again' : ''}${search.stopped ? `; stopped: ${search.stopped}` : ''}`;

type Line = [label: string, value: string];

/** The verdict in one sentence. */
export function claimVerdictInWords({ outcome, received }: ClaimEvidence): string {
  const word = { holds: 'Holds: ', fails: 'Fails: ', undecided: '' }[outcome];
  return `${word === '' ? capital(received) : `${word}${received}`}.`;
}

/** What decides first. */
const ORDER = { 'could be dropped': 0, undecided: 1, necessary: 2 };
const inOrder = (parts: readonly PartEvidence[]): PartEvidence[] =>
  parts.toSorted((a, b) => ORDER[a.status] - ORDER[b.status]);

const measuredLines = ({ counterexample }: ClaimEvidence): Line[] =>
  counterexample?.measured.map((line): Line => ['measured', line]) ?? [];

/** Parts among the numbers that carry a verdict. */
const KEY_PARTS = 3;

/** The numbers that carry the verdict. */
export function claimKeyLines(evidence: ClaimEvidence): Line[] {
  const { bounds, twins, parts = [], counterexample } = evidence;
  const deciding = counterexample
    ? []
    : inOrder(parts)
        .filter(({ status }, _, [first]) => status === first!.status)
        .slice(0, KEY_PARTS);
  return [
    ...(twins ? twinKeyLines(twins) : []),
    ...(bounds ? boundLines(bounds).slice(0, bounds.condition === 'sufficiency' ? 1 : 2) : []),
    ...(evidence.nearest ? nearestLines(evidence.nearest).slice(0, -1) : []),
    ...measuredLines(evidence),
    ...(evidence.response ? responseLines(evidence.response).slice(0, 2) : []),
    ...(evidence.realisation && !counterexample ? realisationLines(evidence.realisation).slice(0, 2) : []),
    ...deciding.map((part): Line => [part.component, partLine(part)]),
  ];
}

/** Label and value, in the order a reader wants them. */
export function claimLines(evidence: ClaimEvidence): Line[] {
  const { circuit, counterexample, parts = [], bounds, twins, search, models, task } = evidence;
  const names = (list: readonly string[]): string =>
    list.length > LISTED
      ? `${list.slice(0, LISTED).join(', ')} and ${list.length - LISTED} more`
      : list.join(', ') || 'nothing';
  const listed = inOrder(parts);
  const lines: (Line | undefined)[] = [
    ['model', models.map(({ name }) => name).join(' against ')],
    ...inputLines(task),
    circuit && ['circuit', `${names(circuit.components)}; ${plural(circuit.outside, 'component')} outside`],
    // few are in the words already
    counterexample?.components && counterexample.components.length > 3
      ? ['components', names(counterexample.components)]
      : undefined,
    ...measuredLines(evidence),
    ...listed.slice(0, LISTED).map((part): Line => [part.component, partLine(part)]),
    listed.length > LISTED ? ['parts', `${listed.length - LISTED} more in the report`] : undefined,
    ...(evidence.chain ? chainLines(evidence.chain) : []),
    ...(evidence.nearest ? nearestLines(evidence.nearest) : []),
    ...(bounds ? boundLines(bounds) : []),
    ...(twins ? twinLines(twins) : []),
    ...(evidence.response ? responseLines(evidence.response) : []),
    ...(evidence.realisation ? realisationLines(evidence.realisation) : []),
    search ? ['search', searchLine(search, evidence.seconds)] : ['took', duration(evidence.seconds)],
  ];
  return lines.filter((line) => line !== undefined);
}
