/** A claim's evidence in words: the one account that messages and reports print. */
import { duration, number, percent, percentInterval, plural } from '../format.js';
import { boundLines } from '../bounds/words.js';
import type { ClaimEvidence, PartEvidence } from './claim.js';
import { inputLines } from '../verdict/words.js';

const effectLine = ({ by, tried, broken, share }: PartEvidence['effects'][number]): string =>
  share.low === share.high
    ? `${by} breaks ${broken} of all ${tried}, ${percent(share.estimate)}`
    : `${by} breaks ${broken} of ${tried}, ${percentInterval(share)}`;

/** A way that was not needed any more is left out. */
function partLine({ status, effects }: PartEvidence): string {
  const tried = effects.filter((one) => one.tried > 0);
  return `${status}: ${(tried.length > 0 ? tried.map(effectLine) : ['not tried']).join('; ')}`;
}

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

/** Label and value, in the order a reader wants them. */
export function claimLines(evidence: ClaimEvidence): [label: string, value: string][] {
  const { circuit, counterexample, parts = [], bounds, search, models, task } = evidence;
  const names = (list: readonly string[]): string =>
    list.length > LISTED
      ? `${list.slice(0, LISTED).join(', ')} and ${list.length - LISTED} more`
      : list.join(', ') || 'nothing';
  // what decides first
  const order = { 'could be dropped': 0, undecided: 1, necessary: 2 };
  const listed = parts.toSorted((a, b) => order[a.status] - order[b.status]);
  return [
    ['model', models.map(({ name }) => name).join(' against ')],
    ...inputLines(task),
    ...(circuit
      ? [
          ['circuit', `${names(circuit.components)}; ${plural(circuit.outside, 'component')} outside`] as [
            string,
            string,
          ],
        ]
      : []),
    // few are in the words already
    ...(counterexample?.components && counterexample.components.length > 3
      ? [['components', names(counterexample.components)] as [string, string]]
      : []),
    ...(counterexample?.measured.map((line): [string, string] => ['measured', line]) ?? []),
    ...listed.slice(0, LISTED).map((part): [string, string] => [part.component, partLine(part)]),
    ...(listed.length > LISTED ? [['parts', `${listed.length - LISTED} more in the report`] as [string, string]] : []),
    ...(bounds ? boundLines(bounds) : []),
    ...(search
      ? [['search', searchLine(search, evidence.seconds)] as [string, string]]
      : [['took', duration(evidence.seconds)] as [string, string]]),
  ];
}
