/** Findings about claims in words, and what to do next. The only place in which a claim's prose is made. */
import type { Condition } from '../bounds/evidence.js';
import { capital, number, percent, plural } from '../format.js';
import { twinWords } from '../verdict/twins/explain.js';
import type { ClaimEvidence } from './claim.js';
import type { ClaimFinding, ClaimFindingCode } from './findings.js';

type Of<C extends ClaimFindingCode> = Extract<ClaimFinding, { readonly code: C }>;

interface Words<F> {
  /** what came out, in a few words: of the finding that decides */
  readonly received?: (finding: F) => string;
  /** a sentence */
  readonly reason?: (finding: F) => string;
  /** what would settle it */
  readonly next?: (finding: F) => string;
}

const NAMED = 5;
/** Names, but not too many. */
const few = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');

/** One variable, or several at once. */
const inSet = (variables: readonly string[]): string =>
  variables.length === 1 ? variables[0]! : `several of ${few(variables)}`;

const notEstablished: Record<Condition, string> = {
  sufficiency: 'sufficiency not established',
  necessity: 'necessity neither violated nor established',
};

const LESS = {
  intervention: ', or fewer interventions (`each`, `check.numRuns`)',
  input: ', or fewer `runs`',
  change: ', or fewer changes (`check.numRuns`)',
  part: '',
};
const NONE = { intervention: 'none broke it', input: 'none differed', change: 'none moved it', part: '' };

const words: { readonly [C in ClaimFindingCode]: Words<Of<C>> } = {
  'limit-beyond-tolerance': {
    received: ({ condition, numbers: { limit, tolerance } }) =>
      condition === 'sufficiency'
        ? `the sets are different, at least ${number(limit)} apart, tolerance ${number(tolerance)}`
        : `the sets are different (necessity violated), at least ${number(limit)} farther apart than they are wide, tolerance ${number(tolerance)}`,
    reason: ({ condition }) =>
      condition === 'sufficiency'
        ? 'The lower limit of the distance between the two sets is beyond the tolerance.'
        : 'The two sets are farther apart than the tolerance and the width of the smaller set together can explain.',
  },
  'limit-within-tolerance': {
    received: ({ condition, numbers: { limit, tolerance } }) =>
      condition === 'sufficiency'
        ? `the sets are at most ${number(limit)} apart, tolerance ${number(tolerance)}`
        : `the sets are at most ${number(limit)} farther apart than they are wide, tolerance ${number(tolerance)}`,
  },
  'tolerance-between-limits': {
    received: ({ condition, numbers: { low, high } }) =>
      `undecided (${notEstablished[condition]}): ${number(low)} to ${number(high)} apart`,
    reason: ({ numbers: { tolerance } }) => `The tolerance, ${number(tolerance)}, lies between the limits.`,
    next: ({ condition, numbers: { low, high } }) =>
      `a tolerance of ${number(high)} would be established${low > 0 ? `, one below ${number(low)} refuted` : ''}; ${condition === 'sufficiency' ? 'implementations that vary less (`set`), or ' : ''}more \`draws\` bring the limits together`,
  },
  'control-within-tolerance': {
    received: () => 'undecided: nothing could have exceeded this tolerance',
    reason: ({ condition, numbers: { control, tolerance } }) =>
      condition === 'sufficiency'
        ? `A representation that is unrelated by construction (inputs shuffled) is ${number(control)} away, and that is within the tolerance of ${number(tolerance)}.`
        : `With a representation that is unrelated by construction (inputs shuffled) on the other side, the lower limit would be ${number(control)}, and that is within the tolerance of ${number(tolerance)}. The sets are too wide to tell.`,
    next: () => 'a smaller tolerance, or implementations that vary less (`set`)',
  },
  'wider-than-tolerance': {
    reason: ({ sets, numbers: { diameter, tolerance } }) =>
      `Implementations of ${sets.join(' and of ')} ${sets.length > 1 ? 'themselves' : 'itself'} are ${number(diameter)} apart and more, so that a tolerance of ${number(tolerance)} is finer than the interpretation: within it two implementations of one model need not be.`,
    next: () => 'implementations that vary less (`set`)',
  },
  'too-few-random-draws': {
    received: () => 'undecided: too few random draws for an upper limit',
    reason: ({ numbers: { low } }) => `Nothing more than a lower limit, ${number(low)}, can be said.`,
    next: ({ numbers: { needed } }) =>
      `more \`draws\`, or a smaller \`share\`: ${needed} draws a side are needed at this one`,
  },
  'run-not-drawn': {
    received: () => 'undecided: too few random draws for an upper limit',
    reason: ({ numbers: { low } }) => `Nothing more than a lower limit, ${number(low)}, can be said.`,
    next: () =>
      'more `draws`: some trained run of a set has not turned up, and draws count as random only once all have',
  },

  'nothing-outside': {
    received: () => 'it names every component, so that nothing lies outside it',
    reason: () => 'There is nothing to intervene on, so no intervention was tried.',
  },
  'broken-outside': {
    received: ({ numbers: { components: n } }) =>
      `broken by ${n === 1 ? 'one component' : `${n} components together`} outside the circuit`,
  },
  'all-of-them-needed': { reason: () => 'With any one of them left alone the behaviour stays as it is there.' },
  'nothing-broke-it': {
    received: ({ numbers: { tried } }) => `nothing found that breaks it in ${plural(tried, 'intervention')}`,
  },
  'not-sufficient': { received: () => 'not sufficient, because an intervention outside the circuit breaks it' },
  'parts-droppable': { received: ({ components }) => `${few(components)} could be dropped` },
  'parts-undecided': {
    received: ({ components, numbers: { effect } }) =>
      `undecided: whether ${few(components)} ${components.length === 1 ? 'breaks' : 'break'} more than ${percent(effect)} of inputs`,
    next: () => 'more `draws`, or another `effect`',
  },
  'parts-necessary': {
    received: ({ numbers: { parts } }) =>
      parts === 1 ? 'the one part is necessary' : `all ${parts} parts are necessary`,
  },
  'parts-left-out': {
    received: ({ components }) => `not minimal, because ${components.join(', ')} could be left out`,
    reason: ({ components, rest }) =>
      `Without ${components.join(' and ')} the rest suffices: ${rest.length === 0 ? 'nothing is needed' : rest.join(', ')}.`,
  },
  'part-backed-up': {
    reason: ({ component }) =>
      `${component} breaks nothing alone, but the rest without it does not suffice: something outside the circuit stands in for it.`,
  },
  minimal: { received: () => 'sufficient, every part necessary, nothing smaller suffices' },

  'chain-holds': {
    received: ({ all, numbers: { steps, inputs, atLeast } }) =>
      `every axiom at ${steps === 1 ? 'the one step' : `all ${steps} steps`}${atLeast < 1 ? ` on at least ${percent(atLeast)} of inputs` : ''}, ${all ? `of all ${inputs} inputs` : `by ${inputs} drawn ones`}`,
  },
  'chain-broken': {
    received: ({ step, axiom, numbers: { rate } }) => `${axiom} at ${step} on ${percent(rate)} of inputs only`,
  },
  'broken-as-well': { reason: ({ steps }) => `An axiom is broken at ${few(steps)}, too.` },
  'chain-open': {
    received: ({ steps, numbers: { low, high, atLeast } }) =>
      `undecided: ${few(steps)}, on ${percent(low)} to ${percent(high)} of inputs where ${percent(atLeast)} are asked for`,
    next: () => 'more `runs`, or a smaller `atLeast`: of drawn inputs no number shows that all of them do',
  },
  'not-replaced': {
    reason: ({ steps }) =>
      `Without a concretization nothing was written at ${few(steps)}: replaceability is not tested there.`,
  },

  'nearer-than-rivals': {
    received: ({ program, rivals, numbers: { low } }) =>
      `nearer to implementations of ${program} than to those of ${few(rivals)}, in at least ${percent(low)} of pairs`,
  },
  'nearer-to-rival': {
    received: ({ program, rival, numbers: { high } }) =>
      `nearer to implementations of ${rival}; to those of ${program} in at most ${percent(high)} of pairs`,
  },
  'nearest-open': {
    received: ({ program, rival, numbers: { low, high } }) =>
      `undecided: nearer to implementations of ${program} than to those of ${rival} in ${percent(low)} to ${percent(high)} of pairs`,
    reason: ({ program, others }) =>
      `Neither is certain${others.length > 0 ? `, nor is it beside ${few(others)}` : ''}: ${program} and its rivals may be too alike inside, or the draws too few.`,
    next: () => 'more `draws`, or a `chain` or an alignment (`toRealize`), which look at the parts themselves',
  },
  'among-implementations': {
    received: ({ program, numbers: { low, atLeast } }) =>
      `among implementations of ${program}: at least ${percent(low)} of them are nearer to it than to another, where ${percent(atLeast)} are asked for`,
  },
  'outside-implementations': {
    received: ({ program, numbers: { high, atLeast } }) =>
      `unlike generated implementations of ${program}: at most ${percent(high)} of them are nearer to it than to another, where ${percent(atLeast)} are asked for`,
    reason: ({ program }) =>
      `Generated implementations are all made by one compiler: a trained model may implement ${program} and be unlike each of them. Name the programs that it might compute otherwise (\`ratherThan\`).`,
  },
  'among-open': {
    received: ({ program, numbers: { low, high, atLeast } }) =>
      `undecided: ${percent(low)} to ${percent(high)} of implementations of ${program} are nearer to it than to another, where ${percent(atLeast)} are asked for`,
    next: () => 'more `draws`, or rivals (`ratherThan`)',
  },
  'unlike-implementations': {
    received: ({ program, numbers: { low, high, atLeast } }) =>
      `undecided: of these programs it is nearest to ${program}, and is not certain to lie among implementations of it: ${percent(low)} to ${percent(high)} of them are nearer to it than to another, where ${percent(atLeast)} are asked for`,
    reason: () =>
      'Which program is nearest says little of a model that is unlike implementations of all of them, as trained models are.',
    next: () => 'more `draws`, or a `chain` or an alignment (`toRealize`), which look at the parts themselves',
  },
  'others-not-compared': {
    reason: () =>
      'It says which of these programs the model is most like inside: it may implement one that is not named.',
  },
  'no-rivals': {
    reason: () =>
      'Without rivals (`ratherThan`) nothing says that implementations of another program would not lie there, too.',
  },
  'not-refuted': {
    reason: ({ program }) =>
      `That does not show that it does not implement ${program}: what it computes beside is part of what is compared.`,
  },
  'nearest-stopped': { reason: ({ stopped }) => `Drawing ended: ${stopped}.` },

  'differs-on-input': { received: () => 'different on an input' },
  'same-on-inputs': {
    received: ({ all, numbers: { inputs } }) => `the same on ${all ? `all ${inputs} inputs` : plural(inputs, 'input')}`,
  },
  'behaviour-moved': { received: () => 'a change moves its behaviour' },
  'representation-moved': { received: () => 'a change moves its representation' },
  'not-moved': { received: ({ numbers: { changes } }) => `not moved by ${plural(changes, 'change')}` },

  ...twinWords,
  parted: {
    received: () => 'an intervention does one thing to one model and another to the other',
    reason: ({ numbers: { cosine } }) =>
      `Response cosine of this intervention alone: ${number(cosine)}. Whether the candidate is derived is a question about all interventions, which were not drawn.`,
  },
  'not-parted': {
    received: () => 'undecided: this intervention does the same to both models',
    next: () => 'the whole check, without `check.path`',
  },

  'responds-unlike': {
    received: ({ role, numbers: { low, tolerance } }) =>
      `responds unlike: with ${role} replaced the answers are at least ${number(low)} apart, tolerance ${number(tolerance)}`,
    reason: ({ others, by, numbers: { estimate } }) =>
      `${by === 'mean' ? 'Holding it at its mean' : 'Taking it from another input'} leaves the two models ${number(estimate)} apart on average.${others.length > 0 ? ` Beyond the tolerance as well: ${few(others)}.` : ''}`,
  },
  'answers-unlike': {
    received: ({ numbers: { low, tolerance } }) =>
      `responds unlike: the answers are at least ${number(low)} apart before anything is replaced, tolerance ${number(tolerance)}`,
    reason: () => 'Probabilities are compared, not only the likeliest answer.',
  },
  'responds-alike': {
    received: ({ numbers: { roles, high, tolerance } }) =>
      `whatever is replaced of ${plural(roles, 'role')}, the answers are at most ${number(high)} apart on average, tolerance ${number(tolerance)}`,
  },
  'roles-not-tested': {
    reason: ({ roles }) =>
      `Replacing ${few(roles)} moves the answers too little to tell the models apart, or makes them those to the other input.`,
  },
  'no-role-tested': {
    received: () => 'undecided: no role does anything of its own, so that nothing was tested',
    reason: ({ numbers: { tolerance } }) =>
      `Replaced, each role moves the answers of the two models by less than ${number(tolerance)} together, or makes them those to the other input.`,
    next: () =>
      'other `roles` (parts of a site: `{ baseline, at: { feature: [...] } }`), `by: "mean"`, or a smaller `margin`',
  },
  'roles-open': {
    received: ({ roles, numbers: { low, high } }) =>
      `undecided: with ${roles[0]} replaced the answers are ${number(low)} to ${number(high)} apart on average`,
    reason: ({ roles, numbers: { tolerance } }) =>
      `The tolerance, ${number(tolerance)}, lies between the limits${roles.length > 1 ? `, and so it does for ${few(roles.slice(1))}` : ''}.`,
    next: ({ stopped, numbers: { high } }) =>
      `${stopped === 'draws' ? 'more draws (`budget.draws`)' : 'more time (`budget.seconds`)'}, or a tolerance that is not so near: ${number(high)} would be established for the first`,
  },
  'effects-open': {
    received: () => 'undecided: the answers are alike, and whether any role does enough to tell is not certain',
    next: ({ stopped }) =>
      `${stopped === 'draws' ? 'more draws (`budget.draws`)' : 'more time (`budget.seconds`)'}, or a smaller \`margin\``,
  },

  'not-realised': {
    received: ({ variables, positions, numbers: { low, threshold } }) =>
      `not realised: with ${inSet(variables)}${positions === 'all' ? '' : ' at some positions'} taken from other inputs the model disagrees with the program at a rate of at least ${number(low)}, threshold ${number(threshold)}`,
    reason: ({ matters, others, numbers: { rate } }) =>
      `The rate is ${number(rate)} among interchanges that ${matters ? 'change' : 'do not change'} the output of the program.${others.length > 0 ? ` Beyond the threshold as well: ${few(others)}.` : ''}`,
  },
  realised: {
    received: ({ numbers: { variables, high } }) =>
      high === 0
        ? `whichever of ${plural(variables, 'variable')} is taken from other inputs, the model answers as the program`
        : `whichever of ${plural(variables, 'variable')} is taken from other inputs, the model disagrees with the program at a rate of at most ${number(high)}`,
  },
  'variables-not-tested': {
    reason: ({ variables }) =>
      `Setting ${few(variables)} never changed the output of the program: a model that ignores ${variables.length === 1 ? 'it' : 'them'} agrees as well.`,
  },
  'no-variable-tested': {
    received: () => 'undecided: no variable changes the output of the program, so that nothing was tested',
    next: () => 'an `alignment` of variables that matter, or a task (`on`) with other inputs',
  },
  'realisation-open': {
    received: ({ variables, numbers: { low, high } }) =>
      `undecided: with ${inSet([variables[0]!])} taken from other inputs the model disagrees at a rate between ${number(low)} and ${number(high)}`,
    reason: ({ variables, numbers: { threshold } }) =>
      `The threshold, ${number(threshold)}, lies between the limits${variables.length > 1 ? `, and so it does for ${few(variables.slice(1))}` : ''}.`,
    next: ({ stopped, numbers: { threshold } }) =>
      threshold === 0
        ? 'a `threshold` above 0, or a `limit` up to which every interchange is run: drawing never rules out a rate of 0'
        : `${stopped === 'draws' ? 'more draws (`budget.draws`)' : 'more time (`budget.seconds`)'}, or a \`threshold\` that is not so near`,
  },

  'alignment-not-found': {
    received: () => 'undecided: no alignment was found by which the model realises the program',
    reason: ({ variables, numbers: { rate, threshold } }) =>
      `By the best that was found, on inputs that were held out, the model disagrees at a rate of ${number(rate)} with ${inSet(variables)} taken from other inputs, threshold ${number(threshold)}. There may be another that the search did not come to.`,
    next: () => 'an `alignment`, or a longer search (`search.tries`, `search.turns`)',
  },
  'variables-not-found': {
    received: ({ variables }) =>
      `undecided: no parts were found that hold ${few(variables)} and are not another variable's already`,
    next: () => 'an `alignment`, or more `search.stages`',
  },
  'untrained-near': {
    received: ({ numbers: { accuracy } }) =>
      `undecided: the same search reaches an interchange accuracy of ${number(accuracy)} on a network that learned nothing`,
    reason: ({ numbers: { allowed } }) =>
      `More than ${number(allowed)} says that the search fits whatever it is given.`,
    next: () => 'an `alignment`, or fewer `search.stages`',
  },
  'no-untrained': {
    received: () => 'undecided: there is no untrained network of the same shape to hold the search against',
    next: () => 'an `alignment`, or the network before training as `search.untrained`',
  },

  'search-stopped': {
    received: ({ stopped }) => `undecided: the search was stopped, ${stopped}`,
    reason: ({ what, stopped, numbers: { tried, of } }) =>
      what === 'part'
        ? `The search was stopped, ${stopped}, after ${plural(tried, 'intervention')}.`
        : `${plural(tried, what)}${of === undefined ? '' : ` of ${of}`} were tried, and ${NONE[what]}.`,
    next: ({ what }) => `more time or forward passes (\`maxSeconds\`, \`maxPasses\`)${LESS[what]}`,
  },
  'not-shrunk': { reason: ({ stopped }) => `It was not shrunk to the end: ${stopped}.` },
};

const of = (finding: ClaimFinding): Words<ClaimFinding> => words[finding.code] as Words<ClaimFinding>;

/** What came out in a few words, which the first finding says. */
export const receivedOf = ([first]: readonly [ClaimFinding, ...ClaimFinding[]]): string => of(first).received!(first);

/** One sentence for each finding that has more to say. */
export const explain = (findings: readonly ClaimFinding[]): string[] =>
  findings.flatMap((finding) => of(finding).reason?.(finding) ?? []);

/** What would settle an undecided claim. More time settles what a search was stopped in. */
export function nextSteps(findings: readonly ClaimFinding[]): string | undefined {
  const stopped = findings.filter(({ code }) => code === 'search-stopped');
  const steps = (stopped.length > 0 ? stopped : findings).flatMap((finding) => of(finding).next?.(finding) ?? []);
  return steps.length === 0 ? undefined : `${capital([...new Set(steps)].join('; and '))}.`;
}

/** What comes of a claim, with its words. */
export function concluded(
  outcome: ClaimEvidence['outcome'],
  findings: readonly [ClaimFinding, ...ClaimFinding[]],
): Pick<ClaimEvidence, 'outcome' | 'findings' | 'received' | 'reasons' | 'wouldSettle'> {
  const next = outcome === 'undecided' ? nextSteps(findings) : undefined;
  return {
    outcome,
    findings,
    received: receivedOf(findings),
    reasons: explain(findings),
    ...(next !== undefined && { wouldSettle: next }),
  };
}
