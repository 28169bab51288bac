/** The ways to take a component's contribution away: a new one is its object in `ablations`. Checks of options, generators, searches and the table of docs/models.md follow. */
import type { ModelInput } from '../model/input.js';
import type { Replacement } from '../model/model.js';

interface Described {
  /** what is put in the place of an activation */
  readonly summary: string;
  /** of components, in descriptions: `resampled` */
  readonly done: string;
}

/** Puts in the activation of another input, a counterfactual that is drawn by seed: examples without one are left out. */
interface Resampling extends Described {
  readonly needs: 'counterfactuals';
}

/** Puts in the same for every input, which no seed changes. */
interface Fixed extends Described {
  /** `references`: it looks at all examples, and those of which it would leave a part as it is are left out */
  readonly needs: 'references' | 'nothing';
  /** how components are then: `at their mean` */
  readonly state: (whose: 'its' | 'their') => string;
  readonly replacement: (references: () => readonly ModelInput[]) => Replacement;
}

export type AblationMethod = Resampling | Fixed;

/**
 * The mildest first. The mean over the examples moves an activation the least, by its variance on average. Another input's moves it twice
 * as far, but to where the model has been. Zero is nowhere in particular: as far as the mean is from it, and often off the beaten track.
 */
export const ablations = {
  mean: {
    summary:
      'the mean over the distinct examples, and those that were left out of them, of each entry over those that have it',
    done: 'mean-ablated',
    needs: 'references',
    state: (whose) => `at ${whose} mean`,
    replacement: (references) => ({ kind: 'mean', over: references() }),
  },
  resample: {
    summary: 'the activation on a counterfactual input',
    done: 'resampled',
    needs: 'counterfactuals',
  },
  zero: {
    summary: 'zero',
    done: 'zero-ablated',
    needs: 'nothing',
    state: () => 'set to zero',
    replacement: () => ({ kind: 'zero' }),
  },
} satisfies Readonly<Record<string, AblationMethod>>;

/** What takes the place of an activation. */
export type Ablation = keyof typeof ablations;
export const ablationNames = Object.keys(ablations) as readonly Ablation[];

export const ablationMethod = (by: Ablation): AblationMethod => ablations[by];
/** What it puts in without a seed; undefined if it resamples. */
export const fixed = (by: Ablation): Fixed | undefined => {
  const method = ablationMethod(by);
  return method.needs === 'counterfactuals' ? undefined : method;
};
export const resamples = (by: Ablation): boolean => ablationMethod(by).needs === 'counterfactuals';
export const needsReferences = (by: Ablation): boolean => ablationMethod(by).needs === 'references';
