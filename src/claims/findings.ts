/** What was found about a claim, as codes with their numbers. `explain.ts` turns them into words; docs/codes.md lists them. */
import * as z from 'zod';
import { conditionSchema } from '../bounds/evidence.js';
import { axioms } from '../program/chain/chain.js';
import { replacements } from '../response/runner.js';
import { strings, type Plain } from '../schema.js';
import { twinFindings } from '../verdict/twins/findings.js';

const finding = <C extends string, W extends z.ZodRawShape, N extends z.ZodRawShape>(
  code: C,
  meaning: string,
  numbers: N,
  where: W,
) => z.strictObject({ code: z.literal(code), ...where, numbers: z.strictObject(numbers) }).describe(meaning);

const condition = { condition: conditionSchema };
const components = { components: strings };
const tolerance = z.number().describe('The tolerance, in the units of the measure.');
const pairs = {
  pairs: z.int().describe('Pairs of implementations.'),
  low: z.number().describe('Lower limit of the share that is nearer to the program.'),
  high: z.number().describe('Its upper limit.'),
};
const amongPairs = {
  pairs: z.int().describe('Pairs of implementations of the program.'),
  low: z.number().describe('Lower limit of the share of which the first is nearer to the model than to the second.'),
  high: z.number().describe('Its upper limit.'),
  atLeast: z.number().describe('The share from which the model counts as lying among them.'),
};
const ofProgram = { program: z.string() };
const stopped = { stopped: z.string().describe('Why the search ended early.') };

export const claimFindingSchema = z
  .discriminatedUnion('code', [
    finding(
      'limit-beyond-tolerance',
      'The lower limit is beyond the tolerance: the condition is refuted.',
      {
        tolerance,
        limit: z.number().describe('The lower limit.'),
      },
      condition,
    ),
    finding(
      'limit-within-tolerance',
      'The upper limit is within the tolerance: the condition is established.',
      {
        tolerance,
        limit: z.number().describe('The upper limit.'),
      },
      condition,
    ),
    finding(
      'tolerance-between-limits',
      'The tolerance lies between the limits.',
      {
        tolerance,
        low: z.number(),
        high: z.number(),
      },
      condition,
    ),
    finding(
      'control-within-tolerance',
      'Even something unrelated by construction would have been within the tolerance.',
      {
        tolerance,
        control: z.number().describe('How far the unrelated representation is.'),
      },
      condition,
    ),
    finding(
      'wider-than-tolerance',
      'Implementations of these sets themselves are farther apart than the tolerance: it is finer than the interpretation.',
      {
        tolerance,
        diameter: z.number().describe('Lower limit of their diameter (compression, kappa), the lowest of these sets.'),
      },
      { sets: strings },
    ),
    finding(
      'too-few-random-draws',
      'There are too few random draws for an upper limit.',
      {
        low: z.number().describe('The lower limit.'),
        needed: z.int().describe('Draws a side that are needed at this share.'),
      },
      condition,
    ),
    finding(
      'run-not-drawn',
      'Some trained run of a set has not turned up, so no draw counts as random yet.',
      {
        low: z.number().describe('The lower limit.'),
      },
      condition,
    ),

    finding('nothing-outside', 'The circuit names every component: nothing lies outside it.', {}, {}),
    finding(
      'broken-outside',
      'An intervention outside the circuit breaks the behaviour.',
      {
        components: z.int().describe('Components that it intervenes on.'),
      },
      {},
    ),
    finding('all-of-them-needed', 'With any one of those components left alone the behaviour stays as it is.', {}, {}),
    finding(
      'nothing-broke-it',
      'No intervention that was tried broke the behaviour.',
      {
        tried: z.int().describe('Interventions.'),
      },
      {},
    ),
    finding('not-sufficient', 'The circuit is not minimal, because it is not sufficient.', {}, {}),
    finding('parts-droppable', 'Replacing these parts alone breaks too few inputs.', {}, components),
    finding(
      'parts-undecided',
      'Whether these parts break enough inputs is open.',
      {
        effect: z.number().describe('Share of inputs that must break.'),
      },
      components,
    ),
    finding(
      'parts-necessary',
      'Every part of the circuit is necessary.',
      {
        parts: z.int().describe('Parts of the circuit.'),
      },
      {},
    ),
    finding(
      'parts-left-out',
      'Without these parts the rest of the circuit suffices.',
      {},
      {
        ...components,
        rest: strings.describe('What is left of the circuit.'),
      },
    ),
    finding(
      'part-backed-up',
      'This part breaks nothing alone, and something outside the circuit stands in for it.',
      {},
      {
        component: z.string(),
      },
    ),
    finding(
      'minimal',
      'The circuit is sufficient, every part of it is necessary, and nothing smaller suffices.',
      {},
      {},
    ),

    finding(
      'chain-holds',
      'At every step every axiom holds on as many inputs as asked for.',
      {
        steps: z.int(),
        inputs: z.int(),
        atLeast: z.number().describe('The share of inputs asked for.'),
      },
      { all: z.boolean().describe('true: these are all inputs of the task.') },
    ),
    finding(
      'chain-broken',
      'At a step an axiom holds on fewer inputs than asked for.',
      {
        rate: z.number().describe('The share on which it holds.'),
        atLeast: z.number().describe('The share asked for.'),
      },
      { step: z.string(), axiom: z.enum(axioms) },
    ),
    finding('broken-as-well', 'So it is at these steps.', {}, { steps: strings }),
    finding(
      'chain-open',
      'Whether these axioms hold on as many inputs as asked for is open.',
      {
        low: z.number().describe('Lower limit of the share of the first.'),
        high: z.number().describe('Its upper limit.'),
        atLeast: z.number(),
        inputs: z.int(),
      },
      { steps: strings },
    ),
    finding('not-replaced', 'These steps have no concretization: they were only read.', {}, { steps: strings }),

    finding(
      'nearer-than-rivals',
      'The model is nearer to generated implementations of the program than to those of each rival.',
      { low: z.number().describe('Lower limit of the share of pairs, the lowest of all rivals.') },
      { program: z.string(), rivals: strings },
    ),
    finding('nearer-to-rival', 'The model is nearer to generated implementations of a rival.', pairs, {
      program: z.string(),
      rival: z.string(),
    }),
    finding('nearest-open', 'Which of the two programs the model is nearer to is open.', pairs, {
      program: z.string(),
      rival: z.string(),
      others: strings.describe('Further rivals of which it is open.'),
    }),
    finding(
      'among-implementations',
      'The model lies among generated implementations of the program.',
      amongPairs,
      ofProgram,
    ),
    finding(
      'outside-implementations',
      'The model is farther from generated implementations than they are from each other.',
      amongPairs,
      ofProgram,
    ),
    finding('among-open', 'Whether the model lies among generated implementations is open.', amongPairs, ofProgram),
    finding(
      'unlike-implementations',
      'The model is nearest to this program, and is not certain to lie among generated implementations of it.',
      amongPairs,
      ofProgram,
    ),
    finding('others-not-compared', 'Nothing is said of programs that are not named.', {}, {}),
    finding(
      'no-rivals',
      'No rival was named, so that implementations of another program may lie there as well.',
      {},
      {},
    ),
    finding(
      'not-refuted',
      'Being nearer to a rival does not show that the model does not implement the program.',
      {},
      ofProgram,
    ),
    finding('nearest-stopped', 'Drawing of implementations ended first.', {}, stopped),

    finding('differs-on-input', 'The two models differ on an input.', {}, {}),
    finding(
      'same-on-inputs',
      'The two models do the same on every input that was run.',
      {
        inputs: z.int(),
      },
      { all: z.boolean().describe('true: these are all inputs of the task.') },
    ),
    finding('behaviour-moved', 'A change moves the behaviour.', {}, {}),
    finding(
      'representation-moved',
      'A change moves the representation.',
      {
        distance: z.number(),
        allowed: z.number(),
      },
      {},
    ),
    finding('not-moved', 'No change that was tried moved anything.', { changes: z.int() }, {}),

    ...twinFindings,
    finding(
      'parted',
      'An intervention does one thing to one model and another to the other.',
      { cosine: z.number().describe('The response cosine of this intervention.') },
      {},
    ),
    finding('not-parted', 'The intervention that was replayed does the same to both models.', {}, {}),

    finding(
      'responds-unlike',
      'Replacing a role moves the answers of the two models apart, by more than the tolerance on average.',
      {
        tolerance: z.number().describe('The largest mean discrepancy that counts as alike.'),
        estimate: z.number().describe('The mean discrepancy of this role.'),
        low: z.number().describe('Its lower limit.'),
      },
      { role: z.string(), by: z.enum(replacements), others: strings.describe('Other roles that are beyond it.') },
    ),
    finding(
      'answers-unlike',
      'The answers of the two models differ by more than the tolerance without any intervention.',
      {
        tolerance: z.number(),
        low: z.number().describe('Lower limit of the mean discrepancy.'),
      },
      {},
    ),
    finding(
      'responds-alike',
      'Whatever the role, replacing it moves the answers of the two models alike.',
      {
        tolerance: z.number(),
        roles: z.int().describe('Roles, counted once for each way of replacing them.'),
        high: z.number().describe('The largest of their upper limits.'),
      },
      {},
    ),
    finding(
      'roles-not-tested',
      'Replacing these roles moves no answers, or all of them: it says no more than answers without interventions do.',
      {},
      { roles: strings },
    ),
    finding(
      'no-role-tested',
      'Replacing moves too little, whatever the role: nothing was tested.',
      { tolerance: z.number() },
      {},
    ),
    finding(
      'roles-open',
      'Whether these roles respond alike is open.',
      {
        tolerance: z.number(),
        low: z.number().describe('Lower limit of the mean discrepancy of the first.'),
        high: z.number().describe('Its upper limit.'),
        draws: z.int().describe('Pairs of inputs drawn.'),
      },
      { roles: strings, stopped: z.enum(['draws', 'seconds']) },
    ),
    finding(
      'effects-open',
      'The answers are alike whatever the role, and whether any role moves them enough to tell is open.',
      { tolerance: z.number(), draws: z.int().describe('Pairs of inputs drawn.') },
      { stopped: z.enum(['draws', 'seconds']) },
    ),

    finding(
      'not-realised',
      'With parts taken from other inputs the model does not answer as the program with those variables set.',
      {
        threshold: z.number().describe('The largest rate of disagreement that counts as realised.'),
        rate: z.number().describe('Share of interchanges after which the two disagree, in the stratum that decides.'),
        low: z.number().describe('Its lower limit.'),
      },
      {
        variables: strings.describe('One, or several that are replaced at once.'),
        positions: z.enum(['all', 'some']).describe('At all positions that the alignment has, or at some of them.'),
        matters: z.boolean().describe('true: the interchanges change the output of the program; false: they do not.'),
        others: strings.describe('Other variables that are beyond the threshold.'),
      },
    ),
    finding(
      'realised',
      'Whatever variables are taken from other inputs, the model answers as the program.',
      {
        threshold: z.number(),
        variables: z.int().describe('Variables.'),
        high: z.number().describe('The largest upper limit of a rate of disagreement.'),
      },
      {},
    ),
    finding(
      'variables-not-tested',
      'Setting these variables to what they are on another input never changed the output of the program: a model that ignores them agrees as well.',
      {},
      { variables: strings },
    ),
    finding(
      'no-variable-tested',
      'Setting variables to what they are on another input never changed the output of the program: nothing was tested.',
      {},
      {},
    ),
    finding(
      'realisation-open',
      'Whether the rate of disagreement is within the threshold is open.',
      {
        threshold: z.number(),
        low: z.number().describe('Lower limit of the rate, of the first.'),
        high: z.number().describe('Its upper limit.'),
        draws: z.int().describe('Interchanges run.'),
      },
      { variables: strings, stopped: z.enum(['draws', 'seconds']) },
    ),

    finding(
      'alignment-not-found',
      'No alignment was given, and none was found by which the model realises the program.',
      {
        threshold: z.number(),
        rate: z.number().describe('Rate of disagreement of the best that was found, in the stratum that decides.'),
      },
      { variables: strings.describe('One, or several that are replaced at once.') },
    ),
    finding(
      'variables-not-found',
      'The search found no parts for these variables that are free.',
      {},
      { variables: strings },
    ),
    finding(
      'untrained-near',
      'The same search finds an alignment of a network that learned nothing: what it found says too little.',
      {
        accuracy: z
          .number()
          .describe('Held-out interchange accuracy of that network, of the variable that it carries best.'),
        allowed: z.number().describe('The largest that is allowed.'),
      },
      {},
    ),
    finding('no-untrained', 'There is no untrained network of the same shape to hold the search against.', {}, {}),

    finding(
      'search-stopped',
      'The search was stopped before its end, without a counterexample.',
      {
        tried: z.int(),
        of: z.int().optional(),
      },
      { ...stopped, what: z.enum(['intervention', 'input', 'change', 'part']).describe('What was tried.') },
    ),
    finding('not-shrunk', 'The counterexample was not shrunk to the end.', {}, stopped),
  ])
  .meta({ id: 'claimFinding' });

/** One thing that was found about a claim. */
export type ClaimFinding = Plain<typeof claimFindingSchema>;

export type ClaimFindingCode = ClaimFinding['code'];
