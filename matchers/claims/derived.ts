/** The claim that one model is derived from another: that every intervention on a component does to one what it does to the other. */
import type * as fc from 'fast-check';
import { drawOfPath, searchTwins, type TwinSearch, type TwinsParted } from '../../search/twins.js';
import type { TwinIntervention } from '../../search/twin-runner.js';
import type { ImplementationDescription } from '../../generators/_internals/generated-implementation.js';
import { inputInWords } from '../../generators/_internals/printed.js';
import type { ClaimEvidence, Counterexample } from '../../src/claims/claim.js';
import { concluded } from '../../src/claims/explain.js';
import type { ClaimFinding } from '../../src/claims/findings.js';
import { OptionError } from '../../src/errors.js';
import { number, plural } from '../../src/format.js';
import type { Model } from '../../src/model/model.js';
import { taskEvidence } from '../../src/task/evidence.js';
import { drawTwins, openTwins, type DrawTwinsOptions, type OpenTwins } from '../../src/verdict/twins/draw-twins.js';
import type { TwinsEvidence } from '../../src/verdict/twins/evidence.js';
import type { Responses } from '../../src/verdict/twins/responses.js';
import { parts } from '../../search/twin-runner.js';
import type { TestPlace } from '../context.js';
import { Failures } from '../failures.js';
import { about } from './about.js';
import { searchEvidence } from './trial-evidence.js';

export interface DerivedQuestion extends DrawTwinsOptions {
  readonly shrink: boolean;
  readonly maxSeconds?: number | undefined;
  readonly maxPasses?: number | undefined;
  readonly check?: fc.Parameters<[TwinIntervention]> | undefined;
}

/** Inputs that are named. */
const SHOWN = 6;

/** The draw at which twins part most, relative to what is within the models: its number. Undefined where no draw moves the two in different ways. */
function partedMost({ draws }: TwinsEvidence): number | undefined {
  const relative = ({ distance, siblings }: TwinsEvidence['draws'][number]): number =>
    distance / Math.max(Math.min(...siblings), Number.MIN_VALUE);
  const apart = draws.flatMap((draw, at) => (parts({ moved: draw.moved, cosine: draw.cosine }) ? [{ draw, at }] : []));
  if (apart.length === 0) return undefined;
  return 1 + apart.reduce((most, one) => (relative(one.draw) > relative(most.draw) ? one : most)).at;
}

const responsesInWords = ({ moved, cosine = 0 }: Responses, [released, candidate]: readonly [string, string]): string =>
  `${released} by ${number(moved[0])} and ${candidate} by ${number(moved[1])}, response cosine ${number(Number(cosine.toPrecision(2)))}`;

/** The intervention without the model that it is made on. */
const withoutModel = ({ description, model }: TwinIntervention): string =>
  description.slice(`${model.name} with `.length);

function counterexampleOf({ intervention, twin, effect, few }: TwinsParted): Counterexample {
  const names = [intervention.model.name, twin.model.name] as const;
  const { from } = intervention;
  const [own, theirs] = [intervention, twin].map(({ components }) => components.map(({ name }) => name)) as [
    string[],
    string[],
  ];
  const at = effect.sites.find(parts);
  return {
    description: `${withoutModel(intervention)} moves ${responsesInWords(effect, names)}`,
    components: own,
    by: intervention.by,
    ...(from?.kind === 'input' && { source: from.inputs.map((input) => inputInWords(input)).join(' or ') }),
    measured: [
      ...(at ? [`first at ${at.site}: ${responsesInWords(at, names)}`] : []),
      ...(few
        ? [
            `already on ${plural(few.inputs.length, 'input')} (${few.inputs
              .slice(0, SHOWN)
              .map((input) => inputInWords(input))
              .join(', ')}${few.inputs.length > SHOWN ? ', …' : ''}): ${responsesInWords(few.responses, names)}`,
          ]
        : []),
      ...(own.some((name, i) => name !== theirs[i])
        ? [`in ${names[1]} these are ${theirs.slice(0, SHOWN).join(', ')}${theirs.length > SHOWN ? ', …' : ''}`]
        : []),
    ],
  };
}

/**
 * @param models the baseline, and the candidate
 * @throws OptionError, TaskError, BehaviourError, ImplementationError, RepresentationError, CancelledError: nothing was judged
 */
export async function derivedClaim(
  models: readonly [Model, Model],
  question: DerivedQuestion,
  place: TestPlace,
): Promise<ClaimEvidence> {
  const { on, seed, check, shrink, say } = question;
  const [released, candidate] = models;
  const end = about([candidate, released], seed);
  const open = await openTwins(models, question);
  const { compared } = open;
  const common = (): Omit<ClaimEvidence, keyof ReturnType<typeof concluded>> => ({
    claim: `every intervention on a component of ${released.name} does the same to ${candidate.name}`,
    task: taskEvidence(on, compared.n, compared.notes),
    ...end(),
  });
  if (!open.sampler) return { ...concluded('undecided', [open.finding]), ...common() };
  const failures = new Failures(place, `${candidate.name} derived from ${released.name}: ${on.name}`);
  const search = (number: number, remembered: readonly ImplementationDescription[]): Promise<TwinSearch> => {
    say('looking for the least intervention that parts the two models');
    return searchTwins({
      ...question,
      models,
      by: open.sampler.how.by,
      pairs: open.sampler.pairs,
      examples: compared.examples,
      rows: compared.rows,
      draw: open.sampler.interventions[number]!,
      number: number - 1,
      shrink,
      remembered,
    });
  };
  if (check?.path !== undefined) return replayed(open, check.path, search, common);

  const { twins } = await drawTwins(open, question);
  if (twins.outcome !== 'not derived') {
    if (twins.outcome === 'derived') failures.settle(undefined);
    const outcome = twins.outcome === 'derived' ? 'holds' : 'undecided';
    return { ...concluded(outcome, findingsOf(twins)), twins, ...common() };
  }
  const number = partedMost(twins);
  if (number === undefined) {
    const finding = {
      code: 'apart-untouched',
      numbers: { distance: twins.untouched, siblings: Math.min(...twins.siblings) },
    } as const;
    const [first, ...others] = findingsOf(twins);
    return { ...concluded('fails', [first, finding, ...others]), twins, ...common() };
  }
  const found = await search(
    number,
    failures.entries().map(({ value }) => value as ImplementationDescription),
  );
  const { parted, again, search: searched } = found;
  const { details, stopped } = searched;
  if (parted && shrink)
    failures.settle({
      description: parted.intervention.description,
      seed: details.seed,
      path: again ? undefined : (details.counterexamplePath ?? undefined),
      value: parted.intervention.toJSON(),
    });
  return {
    ...concluded('fails', [
      ...findingsOf(twins),
      ...(stopped === undefined || !parted ? [] : [{ code: 'not-shrunk', stopped, numbers: {} } as const]),
    ]),
    twins,
    ...(parted && { counterexample: counterexampleOf(parted) }),
    search: searchEvidence(searched, again),
    ...common(),
  };
}

const findingsOf = ({ findings }: TwinsEvidence): [ClaimFinding, ...ClaimFinding[]] =>
  findings as [ClaimFinding, ...ClaimFinding[]];

/** One intervention by its path: the draws before it are made again, and nothing is measured of them. */
async function replayed(
  { sampler }: OpenTwins,
  path: string,
  search: (number: number, remembered: readonly ImplementationDescription[]) => Promise<TwinSearch>,
  common: () => Omit<ClaimEvidence, keyof ReturnType<typeof concluded>>,
): Promise<ClaimEvidence> {
  const first = drawOfPath(path);
  if (first === undefined || !(await sampler.fill(first + 2)))
    throw new OptionError({
      what: `${JSON.stringify(path)} is no path of a draw of twins`,
      where: 'check.path',
      hint: 'give the path, and the seed, that the message of the failure names',
    });
  const { parted, search: searched } = await search(first + 1, []);
  return {
    ...(parted
      ? concluded('fails', [{ code: 'parted', numbers: { cosine: parted.effect.cosine ?? 0 } }])
      : concluded('undecided', [{ code: 'not-parted', numbers: {} }])),
    ...(parted && { counterexample: counterexampleOf(parted) }),
    search: searchEvidence(searched),
    ...common(),
  };
}
