/** A symmetry of a transformer, from its steps. */
import { carryComponents } from '../../src/circuit/correspondence.js';
import { transformer, type Transformer } from '../../src/model/formats/transformer/run/model.js';
import { printed } from './printed.js';
import { Draft, type Weighted } from './weights/draft.js';
import { kindOf, originsOf, turning, type SymmetryStep } from './weights/symmetry/index.js';

/** A change that keeps function and mechanism. Prints what it did in words, then its steps as JSON that `symmetryOf` reads. */
export interface Symmetry {
  /** elementary changes, one after the other, as plain data */
  readonly steps: readonly SymmetryStep[];
  /** what they do, each in words */
  readonly description: string;
  /**
   * What becomes of the residual stream, a transformer's default representation: nothing, or the same up to a rotation, which changes coordinates
   * and no Gram. Inside heads and neurons activations may change.
   */
  readonly residual: 'same' | 'rotated';
  /** config and weights after the change */
  weights(): Weighted;
  /** the changed model, on the backend of the one it was made from; the caller disposes of it */
  apply(): Promise<Transformer>;
  toString(): string;
}
export const plains = new WeakMap<object, { readonly model: Transformer; readonly steps: readonly SymmetryStep[] }>();

export function build(original: Transformer, steps: readonly SymmetryStep[]): Symmetry {
  const words =
    steps.length === 0 ? 'nothing changed' : steps.map((step) => kindOf(step.kind)!.description(step)).join('; ');
  const weights = (): Weighted => {
    const draft = new Draft(original);
    for (const step of steps) kindOf(step.kind)!.apply(draft, step);
    return draft.done();
  };
  const value = printed(
    {
      steps,
      description: words,
      residual: steps.some(({ kind }) => turning.includes(kind)) ? ('rotated' as const) : ('same' as const),
      weights,
      async apply(): Promise<Transformer> {
        const { config, weights: changed } = weights();
        const made = await transformer(config, changed, {
          name: `${original.name} (${words})`,
          backend: original.backend,
        });
        carryComponents(made, original, originsOf(steps, original.config));
        return made;
      },
    },
    () => `${original.name}: ${words}\n${JSON.stringify(steps)}`,
  );
  plains.set(value, { model: original, steps });
  return value;
}
