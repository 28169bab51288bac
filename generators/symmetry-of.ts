import { OptionError } from '../src/errors.js';
import type { Model } from '../src/model/model.js';
import { suggest } from '../src/options.js';
import { asTransformer, Draft } from './_internals/weights/draft.js';
import { checked, readPlain } from './_internals/weights/read.js';
import { kindOf, symmetryNames, type SymmetryStep } from './_internals/weights/symmetry/index.js';
import { type Symmetry, build } from './_internals/symmetry.js';

/**
 * The symmetry of a model that steps or their JSON describe.
 * @throws OptionError for a step that the model does not allow
 * @throws ModelError for a model that is no transformer
 */
export function symmetryOf(model: Model, from: readonly SymmetryStep[] | string): Symmetry {
  const original = asTransformer(model, 'symmetries');
  const steps = readPlain(from, 'symmetryOf');
  if (!Array.isArray(steps))
    throw new OptionError({
      what: 'the steps of a symmetry are not a list',
      where: 'symmetryOf',
      hint: 'give what a symmetry prints after its words',
    });
  const draft = new Draft(original);
  for (const [i, step] of steps.entries()) checkStep(step, i, draft);
  return build(original, steps);
}

function checkStep(step: SymmetryStep, i: number, draft: Draft): void {
  const where = `step ${i} of a symmetry`;
  const kind = kindOf(step?.kind);
  if (kind === undefined)
    throw new OptionError({
      what: `there is no symmetry "${String(step?.kind)}"`,
      where,
      hint: suggest(String(step?.kind), symmetryNames),
    });
  const wrong = checked(() => kind.misfit(step, draft));
  if (wrong !== undefined)
    throw new OptionError({
      what: `"${step.kind}" does not fit: ${wrong}`,
      where,
      hint: 'use the steps with the model they were made for',
    });
  kind.apply(draft, step);
}
