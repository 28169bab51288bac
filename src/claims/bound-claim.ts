/** The two conditions of docs/bounds.md as claims about two implementation sets: from inputs to evidence. */
import { number } from '../format.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import { clock } from '../signal.js';
import { distancesOf } from '../bounds/distances.js';
import type { BoundEvidence, BoundSide, Condition } from '../bounds/evidence.js';
import { boundSchema, type BoundOptions } from './bound-options.js';
import { boundClaimInWords, decideBound, widerThanTolerance } from './bound-rule.js';
import { concluded } from './explain.js';
import type { ClaimEvidence } from './claim.js';
import { environmentOf, modelEvidence } from '../model/evidence.js';
import { controlBounds, coreBounds, drawsNeeded, type CoreSide, type FarPair } from '../bounds/core-bounds.js';
import { Sampler } from '../implementations/draw.js';
import type { Sample } from '../implementations/samples.js';
import { taskEvidence } from '../task/evidence.js';
import { comparedInputs } from '../implementations/inputs.js';
import { asSet, type ImplementationSet } from '../implementations/index.js';

/** Draws beyond those needed, for each of several runs to have turned up. */
const PER_RUN = 10;

/** A side as far as it was drawn. */
interface Sampled {
  readonly set: ImplementationSet;
  readonly drawn: readonly Sample[];
  readonly tried: number;
  readonly behaviour: number;
  /** position of the first random draw; what comes before is fixed, or is there because a run had to turn up */
  readonly from: number;
  readonly complete: boolean;
}

/** Position after the draw with which every trained run of the set has turned up: draws from there on are independent and alike. Undefined where one is missing. */
function firstRandom(drawn: readonly Sample[], runs: number): number | undefined {
  const seen = new Set<string>();
  for (const [at, { run }] of drawn.entries()) {
    seen.add(run);
    if (seen.size >= runs) return at + 1;
  }
  return undefined;
}

/** Draws one side until there are `wanted` random draws, or the set has no more. */
async function sample(
  set: ImplementationSet,
  wanted: number,
  options: Parameters<typeof Sampler.start>[1],
): Promise<Sampled> {
  const sampler = await Sampler.start(set, options);
  const runs = set.runs ?? 1;
  const most = 1 + wanted + (runs > 1 ? PER_RUN * runs : 0);
  let target = 1 + wanted;
  let from: number | undefined;
  let full = true;
  while (full) {
    full = await sampler.fill(target);
    from = firstRandom(sampler.drawn, runs);
    if (sampler.drawn.length - (from ?? sampler.drawn.length) >= wanted || target >= most) break;
    target = Math.min(most, target + Math.max(1, wanted - (sampler.drawn.length - (from ?? sampler.drawn.length))));
  }
  sampler.require(target);
  const { drawn, tried, behaviour } = sampler;
  // too few accepted would have been an error
  return { set, drawn, tried, behaviour, from: from ?? drawn.length, complete: !full };
}

/**
 * Judges one of the two conditions of docs/bounds.md.
 * @param baseline a Model, which becomes its implementations by intervention, or an ImplementationSet
 * @param candidate the same
 * @throws OptionError (a measure that is not a metric among them), TaskError, BehaviourError, ImplementationError, RepresentationError, CancelledError: nothing was judged
 */
export async function boundClaim(
  condition: Condition,
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  given: BoundOptions,
): Promise<ClaimEvidence> {
  const started = clock();
  const o = checkOptions(boundSchema, given, 'options');
  const { on: task, tolerance, share, alpha, measure, seed, signal } = o;
  const sets = [asSet(baseline, o.set ?? {}, 'baseline'), asSet(candidate, o.set ?? {}, 'candidate')] as const;
  const {
    examples,
    rows,
    n: inputs,
    averaging,
    notes,
    all: whole,
  } = await comparedInputs(task, sets, o.inputs, seed, signal);
  const needed = drawsNeeded(share, alpha);
  const sampled: Sampled[] = [];
  for (const [i, set] of sets.entries()) {
    sampled.push(
      await sample(set, o.draws ?? needed, {
        task,
        examples,
        rows,
        averaging,
        seed: random(seed, i === 0 ? 'baseline' : 'candidate').below(0x7fffffff),
        searchSeed: random(seed, 'search').below(0x7fffffff),
        minAcceptance: o.minAcceptance,
        sites: o.sites,
        pool: o.pool,
        perSite: 0,
        keepSites: false,
        signal,
      }),
    );
  }
  const [first, second] = sampled as [Sampled, Sampled];
  const { limits, data, errors } = await distancesOf([first, second], {
    measure,
    seed,
    all: whole,
    weight: o.behaviourWeight,
    abstraction: typeof o.abstractionError === 'number' ? [o.abstractionError, o.abstractionError] : o.abstractionError,
    signal,
  });
  const m1 = first.drawn.length;
  const all = [...first.drawn, ...second.drawn];
  const coreOf = ({ drawn, from, complete }: Sampled, start: number): CoreSide => {
    const members = drawn.map((_, at) => start + at);
    return { centre: start, others: members.slice(1, from), random: members.slice(from), complete };
  };
  const sides = [coreOf(first, 0), coreOf(second, m1)] as const;
  const bounds = coreBounds(limits, sides, { share, alpha });
  const control = controlBounds(limits, sides, [all.length, all.length + 1], bounds.radii, { share, alpha });
  const { outcome, finding } = decideBound(condition, bounds, control, tolerance, {
    needed,
    runMissing: sampled.some(
      ({ set, drawn, from, complete }) => !complete && from === drawn.length && (set.runs ?? 1) > 1,
    ),
  });

  // as measured, without error terms
  const named = ({ pair: [h, g] }: FarPair) => ({
    description: [all[h]!.description, all[g]!.description] as const,
    distance: data[h * (all.length + 2) + g]!,
  });
  const sideOf = ({ set, drawn, tried, from, complete, behaviour }: Sampled, i: 0 | 1): BoundSide => ({
    name: set.original.name,
    set: set.description,
    tried,
    kept: drawn.length,
    random: drawn.length - from,
    complete,
    radius: bounds.radii[i],
    diameter: bounds.diameters[i],
    behaviour: drawn.reduce((worst, one) => Math.max(worst, Math.abs(one.behaviour - behaviour)), 0),
  });
  const evidence: BoundEvidence = {
    condition,
    measure,
    tolerance,
    share,
    alpha,
    distance: bounds.distance,
    necessary: bounds.necessary,
    ...(bounds.sufficient !== undefined && { sufficient: bounds.sufficient }),
    originals: data[m1]!,
    sides: [sideOf(first, 0), sideOf(second, 1)],
    nearest: named(bounds.nearest),
    farthest: named(bounds.farthest),
    errors,
    control,
  };
  const wide = widerThanTolerance(evidence.sides, tolerance);
  // what the limit in question is about: who is left alone, or who is too far
  const shown = condition === 'sufficiency' && bounds.lone ? bounds.lone : bounds.farthest;
  const {
    description: [one, other],
    distance: apart,
  } = named(shown);
  return {
    ...concluded(outcome, wide === undefined ? [finding] : [finding, wide]),
    claim: boundClaimInWords(condition, o),
    task: taskEvidence(task, inputs, notes),
    models: [modelEvidence(sets[1].original), modelEvidence(sets[0].original)],
    ...(outcome === 'fails' && {
      counterexample: {
        description:
          condition === 'sufficiency' && bounds.lone ? `${one}: nearest to it is ${other}` : `${one} and ${other}`,
        measured: [`${number(apart)} apart (${measure})`],
      },
    }),
    bounds: evidence,
    seed,
    environment: environmentOf([sets[0].original, sets[1].original]),
    seconds: (clock() - started) / 1000,
  };
}
