/** What a search for a counterexample to a claim found: plain JSON, one entry of report.json. */
import * as z from 'zod';
import { boundsSchema } from '../bounds/evidence.js';
import { intervalSchema } from '../interval.js';
import { axioms } from '../program/chain/chain.js';
import { environmentSchema, modelSchema } from '../model/evidence.js';
import { realisationSchema } from '../realisation/evidence.js';
import { responseSchema } from '../response/evidence.js';
import { strings, type Plain } from '../schema.js';
import { taskSchema } from '../task/evidence.js';
import { twinsSchema } from '../verdict/twins/evidence.js';
import { claimFindingSchema } from './findings.js';
import { nearestSchema } from './nearest.js';

const counterexampleSchema = z.strictObject({
  description: z.string().describe('In one line: `clock with blocks.0.attn.head.3 taken from [3, 5], on [1, 2]`.'),
  components: strings.optional().describe('What is intervened on, if that is what was tried.'),
  by: z.string().optional().describe('What it is replaced by.'),
  input: z.string().optional().describe('The input, as it prints.'),
  source: z.string().optional().describe('The input that values are taken from, as it prints.'),
  measured: strings.describe('What was measured there, each in words: `accuracy 1 → 0`.'),
});

/** The smallest thing found on which a claim fails. */
export type Counterexample = Plain<typeof counterexampleSchema>;

const partSchema = z.strictObject({
  component: z.string(),
  status: z.enum(['necessary', 'could be dropped', 'undecided']),
  effects: z
    .array(z.strictObject({ by: z.string(), tried: z.int(), broken: z.int(), share: intervalSchema }))
    .describe(
      'Per way of replacing it: how many inputs it broke of how many tried (0: the part was decided without it), and the share with limits that hold for all parts and ways at once, whenever drawing ended; low = high if every input was run with every counterfactual.',
    ),
});

/** What was found out about one part of a circuit. */
export type PartEvidence = Plain<typeof partSchema>;

const chainSchema = z
  .strictObject({
    atLeast: z.number().describe('The share of inputs on which each axiom must hold at each step.'),
    exact: z.boolean().describe('true: every input of the task was run, and low = high.'),
    inputs: z.int(),
    rows: z
      .array(
        z.strictObject({
          step: z.string(),
          site: z.string().optional().describe('Absent of the answer itself.'),
          axiom: z.enum(axioms),
          violated: z.int().describe('Inputs on which it does not hold.'),
          rate: intervalSchema.describe(
            'The share of inputs on which it holds, with limits that are right at whatever number of inputs one looks.',
          ),
          is: z.enum(['holds', 'fails', 'open']),
        }),
      )
      .describe('Step by step.'),
  })
  .describe('Of the claim that a model implements a program (docs/implement.md).');

/** How far a model and a program agree along a chain. */
export type ChainEvidence = Plain<typeof chainSchema>;

const searchSchema = z.strictObject({
  runs: z.int().describe('Values that the claim was tested on.'),
  shrinks: z.int(),
  evaluated: z.int().describe('Values judged, with those that turned out not to be needed.'),
  passes: z.int().describe('Forward passes.'),
  stopped: z.string().optional().describe('Why it ended early.'),
  seed: z.number().optional().describe("fast-check's; absent if nothing random was drawn."),
  path: z.string().optional().describe('Of the counterexample: `{ seed, path, endOnFailure: true }` replays it.'),
  again: z.boolean().optional().describe('true: what failed before was tried first and failed again.'),
});

export type SearchEvidence = Plain<typeof searchSchema>;

export const claimSchema = z
  .strictObject({
    outcome: z
      .enum(['holds', 'fails', 'undecided'])
      .describe(
        'holds: no counterexample within a search that went to its end; fails: there is one; undecided: neither.',
      ),
    claim: z.string().describe('What was claimed, as a sentence.'),
    received: z
      .string()
      .describe(
        'What came out, in a few words: `broken by one component outside the circuit`; of an undecided outcome it begins with that word.',
      ),
    findings: z.array(claimFindingSchema).describe('What came out, as codes, the deciding one first: docs/codes.md.'),
    reasons: strings.describe('The findings in full sentences, if there is more to say than `received`.'),
    wouldSettle: z.string().optional().describe('Of an undecided outcome: what would settle it.'),
    task: taskSchema,
    models: z.array(modelSchema).min(1).describe('The model the claim is about first, then what it is compared with.'),
    circuit: z.strictObject({ components: strings, outside: z.int() }).optional(),
    counterexample: counterexampleSchema.optional(),
    parts: z.array(partSchema).optional(),
    chain: chainSchema.optional(),
    nearest: nearestSchema.optional(),
    bounds: boundsSchema.optional().describe('Of the two conditions about sets (docs/bounds.md).'),
    twins: twinsSchema.optional().describe('Of the claim that one model is derived from another (docs/derived.md).'),
    response: responseSchema.optional(),
    realisation: realisationSchema
      .optional()
      .describe('Of the claim that a model realises a program (docs/realize.md).'),
    search: searchSchema.optional().describe('Absent if nothing was searched.'),
    seed: z.int(),
    environment: environmentSchema,
    seconds: z.number(),
  })
  .describe('What a search for a counterexample to a claim found.');

/** All that came out of a claim, as plain JSON. */
export type ClaimEvidence = Plain<typeof claimSchema>;
