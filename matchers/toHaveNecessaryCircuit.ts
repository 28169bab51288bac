import { z } from 'zod';
import type { Ablation } from '../src/circuit/ablations.js';
import { percent, plural } from '../src/format.js';
import { clock } from '../src/signal.js';
import { environmentOf, modelEvidence, type ClaimEvidence, type PartEvidence } from '../src/claims/claim.js';
import { taskEvidence } from '../src/verdict/evidence.js';
import { measureNecessity } from '../search/necessity.js';
import { byShape, insideOf, requireModel, waysOf, type ClaimedCircuit } from './circuit.js';
import { claimShape, judged, type ClaimOptions } from './claim.js';
import type { MatcherContext, MatcherResult } from './context.js';
import { partsEvidence } from './parts.js';

const NAME = 'toHaveNecessaryCircuit';

export interface NecessaryCircuitOptions extends ClaimOptions {
  /** with what a part is replaced: one way that changes behaviour is enough. Default `['mean', 'resample']` */
  readonly by?: Ablation | readonly Ablation[] | undefined;
  /** share of inputs that must break for a part to count as necessary. Default 0.05 */
  readonly effect?: number | undefined;
  /** that everything said of all parts is right. Default 0.95 */
  readonly confidence?: number | undefined;
  /** inputs and counterfactuals for each part and way, at most: drawing ends when the part is decided. Default 1000 */
  readonly draws?: number | undefined;
  /** how much worse a score must become to count as broken, in the unit of the behaviour. Default 0 */
  readonly tolerance?: number | undefined;
  /** examples that the model must do the task on, and that means are taken over. Default 200 */
  readonly inputs?: number | undefined;
}

export const necessaryShape = {
  effect: z.number().gt(0).lt(1).default(0.05),
  confidence: z.number().gt(0).lt(1).default(0.95),
  draws: z.int().min(1).default(1000),
};
const schema = z.strictObject({
  ...claimShape,
  by: byShape,
  ...necessaryShape,
  tolerance: z.number().min(0).default(0),
  inputs: z.int().min(1).default(200),
});

const few = (parts: readonly PartEvidence[]): string =>
  parts.length > 5
    ? `${parts
        .slice(0, 5)
        .map(({ component }) => component)
        .join(', ')} and ${parts.length - 5} more`
    : parts.map(({ component }) => component).join(', ');

/** What the parts come to, for this matcher and for toHaveMinimalCircuit. */
export function partsVerdict(
  parts: readonly PartEvidence[],
  effect: number,
): Pick<ClaimEvidence, 'outcome' | 'received' | 'wouldSettle'> {
  const droppable = parts.filter(({ status }) => status === 'could be dropped');
  const open = parts.filter(({ status }) => status === 'undecided');
  if (droppable.length > 0) return { outcome: 'fails', received: `could be dropped: ${few(droppable)}` };
  if (open.length > 0)
    return {
      outcome: 'undecided',
      received: `undecided: whether ${few(open)} ${open.length === 1 ? 'breaks' : 'break'} more than ${percent(effect)} of inputs`,
      wouldSettle: 'more `draws`, or another `effect`',
    };
  return {
    outcome: 'holds',
    received: `${parts.length === 1 ? 'the one part is' : `all ${parts.length} parts are`} necessary`,
  };
}

/**
 * Passes where each part of the circuit is necessary: some way of intervening on it alone breaks more than `effect` of the inputs, at the stated confidence for all parts
 * together. Under `.not` passes where a part could be dropped. Where a part is neither, it is undecided and fails both ways. Inputs and counterfactuals are drawn until each part is
 * decided; the confidence allows for looking after every draw.
 *
 * Fails with the parts that could be dropped.
 * @param received a Model
 * @param circuit components by name (`*` allowed: each that matches is a part; `blocks.1.mlp` is one part), or a circuit from `findCircuit`
 * @throws OptionError, InterventionError, BehaviourError, ... where nothing could be judged
 */
export function toHaveNecessaryCircuit(
  this: MatcherContext,
  received: unknown,
  circuit: ClaimedCircuit,
  options: NecessaryCircuitOptions,
): Promise<MatcherResult> {
  return judged(
    this,
    NAME,
    schema,
    options,
    'circuit',
    async ({
      options: { on, by, effect, confidence, draws, tolerance, inputs, batch, maxSeconds, maxPasses },
      seed,
      signal,
    }) => {
      const model = requireModel(received, NAME);
      const inside = insideOf(model, circuit);
      const started = clock();
      const measured = await measureNecessity(model, inside, {
        on,
        by: waysOf(by, circuit),
        effect,
        confidence,
        draws,
        tolerance,
        inputs,
        seed,
        batch,
        maxSeconds,
        maxPasses,
        signal,
      });
      const parts = partsEvidence(measured);
      const { stopped, runs, evaluated, passes } = measured;
      const verdict = partsVerdict(parts, effect);
      return {
        ...verdict,
        ...(stopped !== undefined &&
          verdict.outcome === 'undecided' && { wouldSettle: 'more time or forward passes (maxSeconds, maxPasses)' }),
        claim: `each part breaks more than ${percent(effect)} of inputs when it is replaced, at ${percent(confidence)} confidence`,
        reasons:
          stopped === undefined ? [] : [`The search was stopped, ${stopped}, after ${plural(runs, 'intervention')}.`],
        task: taskEvidence(on, measured.inputs, measured.notes),
        models: [modelEvidence(model)],
        parts,
        search: { runs, shrinks: 0, evaluated, passes, ...(stopped !== undefined && { stopped }) },
        seed,
        environment: environmentOf([model]),
        seconds: (clock() - started) / 1000,
      } satisfies ClaimEvidence;
    },
  );
}
