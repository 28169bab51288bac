/** The shape of report.json, and of the lines matchers leave for the reporter. `schema/report.schema.json` is made from this. */
import { z } from 'zod';
import { measureNames } from '../src/measure/index.js';
import type { ClaimEvidence } from '../src/claims/claim.js';
import type { Evidence } from '../src/verdict/evidence.js';

const interval = z.strictObject({ estimate: z.number(), low: z.number(), high: z.number() });
const outcome = z.enum(['equivalent', 'different', 'undecided']);
const matrix = z.array(z.array(z.number()));
const pair = <T extends z.ZodType>(of: T) => z.tuple([of, of]);

const side = z.strictObject({
  model: z.strictObject({ name: z.string(), kind: z.string(), fingerprint: z.string() }),
  set: z.string(),
  behaviour: z.number(),
  implementations: z.array(z.strictObject({ description: z.string(), behaviour: z.number() })),
  acceptance: z.strictObject({ tried: z.int(), accepted: z.int(), rate: interval }),
  searched: z
    .strictObject({
      components: z.int(),
      patchable: z.int(),
      runs: z.int(),
      top: z.array(z.strictObject({ component: z.string(), effect: z.number() })),
    })
    .optional(),
});

const sideJudgement = z.strictObject({
  siblings: interval,
  copies: z.number(),
  excess: interval,
  T: interval,
  beyond: z.number(),
  self: z.strictObject({ congruity: z.number(), strictScore: z.number(), noise: z.number(), splits: z.int() }),
  control: interval.optional(),
  checks: z.strictObject({ selfCongruent: z.boolean(), powered: z.boolean(), varied: z.boolean() }),
});

const judgement = z.strictObject({
  outcome,
  reasons: z.array(z.string()),
  wouldSettle: z.string().optional(),
  failed: z.enum(['necessity violated', 'sufficiency not established']).optional(),
  policy: z.strictObject({
    margin: z.number(),
    alpha: z.number(),
    beta: z.number(),
    resolution: z.number(),
    bootstrap: z.int(),
    permutations: z.int(),
  }),
  oneSideSuffices: z.boolean(),
  strangers: interval,
  sides: pair(sideJudgement),
  congruity: interval,
  strictScore: interval,
  energy: z.strictObject({ distance: z.number(), p: z.number(), permutations: z.int(), exact: z.boolean() }),
});

const task = z.strictObject({
  name: z.string(),
  inputs: z.int(),
  behaviour: z.string(),
  threshold: z.string(),
  notes: z.array(z.string()).optional(),
});

const levels = z.strictObject({ alpha: z.number(), beta: z.number() });
const course = z.strictObject({ share: z.number(), near: z.array(z.number()), far: z.array(z.number()) });
const trajectory = z.strictObject({
  levels,
  blocks: z.int(),
  sides: pair(course),
  certain: z.enum(['equivalent', 'different']).optional(),
  needs: z.number().optional(),
});

const evidenceSchema = z.strictObject({
  outcome,
  judgement,
  task,
  baseline: side,
  candidate: side,
  representation: z.strictObject({
    sites: z.array(z.string()),
    pool: z.enum(['mean', 'last', 'none']),
    features: z.int(),
  }),
  measure: z.enum(measureNames),
  distances: z.strictObject({ within1: matrix, within2: matrix, across: matrix }),
  alsoReport: z.array(
    z.strictObject({
      measure: z.string(),
      decides: z.boolean(),
      outcome,
      siblings: pair(z.number()),
      strangers: z.number(),
      excess: pair(interval),
      congruity: z.number(),
    }),
  ),
  bounds: z.strictObject({
    measure: z.string(),
    necessary: z.number(),
    hausdorff: z.number(),
    sufficient: z.number(),
    diameters: pair(z.number()),
  }),
  bySite: z.array(
    z.strictObject({ site: z.string(), siblings: pair(z.number()), strangers: z.number(), excess: z.number() }),
  ),
  still: z.array(z.strictObject({ site: z.string(), siblings: pair(z.number()), strangers: z.number() })).optional(),
  bySplit: z.array(pair(z.number())),
  refused: z.array(z.strictObject({ measure: z.string(), why: z.string() })).optional(),
  runs: pair(z.int()).optional(),
  symmetries: z.int().optional(),
  singleSite: z
    .strictObject({ site: z.string(), looked: z.array(z.string()), allSites: z.array(z.string()) })
    .optional(),
  sequential: z.strictObject({
    budget: z.strictObject({ draws: z.int(), seconds: z.number().optional() }),
    levels,
    stopped: z.enum(['certain', 'draws', 'time', 'exhausted']),
    share: z.number(),
    running: z.array(z.strictObject({ measure: z.string(), trajectory })),
  }),
  smallest: z
    .strictObject({
      sites: z.array(z.string()),
      inputs: z.int(),
      shown: z.array(z.string()),
      implementations: pair(z.string()).optional(),
      distance: z.number().optional(),
      siblings: z.number().optional(),
      complete: z.boolean(),
    })
    .optional(),
  seed: z.int(),
  environment: z.strictObject({
    congruity: z.string(),
    node: z.string(),
    platform: z.string(),
    backend: z.string(),
    backendDescription: z.string(),
  }),
  seconds: z.number(),
});

const strings = z.array(z.string());

const limits = z.strictObject({ low: z.number(), high: z.number().optional() });
const pairApart = z.strictObject({ description: pair(z.string()), distance: z.number() });
const boundSide = z.strictObject({
  name: z.string(),
  set: z.string(),
  tried: z.int(),
  kept: z.int(),
  random: z.int(),
  complete: z.boolean(),
  radius: limits,
  behaviour: z.number(),
});
/** How far apart two sets of implementations are, with confidence limits: docs/bounds.md. */
const boundsSchema = z.strictObject({
  condition: z.enum(['sufficiency', 'necessity']),
  measure: z.enum(measureNames),
  tolerance: z.number(),
  share: z.number(),
  alpha: z.number(),
  distance: limits,
  necessary: limits,
  sufficient: z.number().optional(),
  originals: z.number(),
  sides: pair(boundSide),
  nearest: pairApart,
  farthest: pairApart,
  errors: z.strictObject({ numerical: z.number(), representation: z.number(), behaviour: z.number() }),
  control: z.strictObject({ distance: z.number(), necessary: z.number() }),
});

/** What a search for a counterexample to a claim found. */
const claimSchema = z.strictObject({
  outcome: z.enum(['holds', 'fails', 'undecided']),
  claim: z.string(),
  received: z.string(),
  reasons: strings,
  wouldSettle: z.string().optional(),
  task,
  models: z.array(z.strictObject({ name: z.string(), kind: z.string(), fingerprint: z.string() })).min(1),
  circuit: z.strictObject({ components: strings, outside: z.int() }).optional(),
  counterexample: z
    .strictObject({
      description: z.string(),
      components: strings.optional(),
      by: z.string().optional(),
      input: z.string().optional(),
      source: z.string().optional(),
      measured: strings,
    })
    .optional(),
  parts: z
    .array(
      z.strictObject({
        component: z.string(),
        status: z.enum(['necessary', 'could be dropped', 'undecided']),
        effects: z.array(z.strictObject({ by: z.string(), tried: z.int(), broken: z.int(), share: interval })),
      }),
    )
    .optional(),
  bounds: boundsSchema.optional(),
  search: z
    .strictObject({
      runs: z.int(),
      shrinks: z.int(),
      evaluated: z.int(),
      passes: z.int(),
      stopped: z.string().optional(),
      seed: z.number().optional(),
      path: z.string().optional(),
      again: z.boolean().optional(),
    })
    .optional(),
  seed: z.int(),
  environment: z.strictObject({
    congruity: z.string(),
    node: z.string(),
    platform: z.string(),
    backend: z.string(),
    backendDescription: z.string(),
  }),
  seconds: z.number(),
});

/** One matcher call: judged (evidence of a comparison, or a claim) or not (error). `expected` is what the test asked for (`different` or `fails` under `.not`). */
export const checkSchema = z.strictObject({
  /** path of the test file, relative to Jest's root where below it */
  file: z.string(),
  /** the test's full name (describe blocks and test, joined by a space), or the gate's name */
  test: z.string(),
  matcher: z.string(),
  expected: z.enum(['equivalent', 'different', 'holds', 'fails']),
  /** held: the outcome is the expected one; violated: it is the opposite; not established: undecided; not judged: error */
  status: z.enum(['held', 'violated', 'not established', 'not judged']),
  evidence: evidenceSchema.optional(),
  claim: claimSchema.optional(),
  error: z
    .strictObject({
      name: z.string(),
      code: z.string(),
      what: z.string(),
      where: z.string().optional(),
      hint: z.string().optional(),
    })
    .optional(),
  /** one command that runs this check again */
  replay: z.string(),
  /** why it does not count: Jest passed its test all the same (`test.failing`, an error that the test expects), or ran the test again */
  aside: z.string().optional(),
  /** where the check held and Jest failed its test for another reason: the first line of that */
  testFailed: z.string().optional(),
});

export const reportSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  tool: z.strictObject({ name: z.literal('congruity'), version: z.string() }),
  /** of the run, in each file of a report: files that have different ones are not of one report */
  run: z.string(),
  /** why this is not the whole: a name pattern, a shard, `--only`, a run that was stopped */
  partial: z.string().optional(),
  /** ISO 8601, UTC */
  started: z.string(),
  seconds: z.number(),
  /** 0 every check that counts holds (and Jest passed its test), 1 one is violated or not established, 2 one could not be judged; the exit code of the gate */
  exitCode: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  /** of the checks that count; `aside` of the others, where there are any */
  totals: z.strictObject({
    held: z.int(),
    violated: z.int(),
    notEstablished: z.int(),
    notJudged: z.int(),
    aside: z.int().optional(),
  }),
  checks: z.array(checkSchema),
});

export type Check = z.infer<typeof checkSchema>;
export type Report = z.infer<typeof reportSchema>;

// the schema and the library's type must not drift apart: this fails to compile where they do
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const evidenceIsTheSame: Same<Mutable<Evidence>, z.infer<typeof evidenceSchema>> = true;
const claimIsTheSame: Same<Mutable<ClaimEvidence>, z.infer<typeof claimSchema>> = true;
void evidenceIsTheSame;
void claimIsTheSame;
