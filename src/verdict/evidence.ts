/** Everything one comparison found: plain JSON, one entry of report.json. Distances are unitless; matrices are rows of numbers. */
import type { MeasureName } from '../measure/index.js';
import type { AnyTask } from '../task/task.js';
import type { Interval, Judgement, Outcome } from '../statistics/judgement.js';
import type { SequentialEvidence } from './sequential/sequential.js';

export interface SideEvidence {
  readonly model: { readonly name: string; readonly kind: string; readonly fingerprint: string };
  /** the implementation set in words */
  readonly set: string;
  /** behaviour of the model itself over all inputs, in the behaviour's unit */
  readonly behaviour: number;
  /** implementations drawn, each in words, with its behaviour; the order is that of the distance matrix */
  readonly implementations: readonly { readonly description: string; readonly behaviour: number }[];
  /** draws tried, those kept because they preserve behaviour, and the rate with its Wilson interval */
  readonly acceptance: { readonly tried: number; readonly accepted: number; readonly rate: Interval };
  /** the search for components that matter, where the set needed one */
  readonly searched?:
    | {
        readonly components: number;
        /** those that implementations patch from: the others break the behaviour alone, or are the claimed circuit */
        readonly patchable: number;
        readonly runs: number;
        /** the components that matter most, with the effect of patching them (KL to the clean output, nats) */
        readonly top: readonly { readonly component: string; readonly effect: number }[];
      }
    | undefined;
}

export interface TaskEvidence {
  readonly name: string;
  /** distinct ones */
  readonly inputs: number;
  readonly behaviour: string;
  /** in words: `at least 0.99` */
  readonly threshold: string;
  /** inputs that do not count and why, in sentences */
  readonly notes?: readonly string[] | undefined;
}

/** @param notes of the inputs */
export const taskEvidence = (task: AnyTask, inputs: number, notes: readonly string[] = []): TaskEvidence => ({
  name: task.name,
  inputs,
  behaviour: task.behaviour.name,
  threshold: task.thresholdText,
  ...(notes.length > 0 && { notes }),
});

export interface Matrices {
  readonly within1: readonly (readonly number[])[];
  readonly within2: readonly (readonly number[])[];
  readonly across: readonly (readonly number[])[];
}

/** The least that still shows a difference; each part was found by asking the same rule again. */
export interface SmallestDifference {
  readonly sites: readonly string[];
  /** how many, and the first of them as they print */
  readonly inputs: number;
  readonly shown: readonly string[];
  /** two implementations, one of each side, that are farther apart there than any two siblings, by more than the margin; left out where no two are */
  readonly implementations?: readonly [string, string] | undefined;
  readonly distance?: number | undefined;
  /** the farthest two siblings of either side, there */
  readonly siblings?: number | undefined;
  /** false where time ran out first */
  readonly complete: boolean;
}

/** Where the verdict is of one site alone. */
export interface SingleSite {
  readonly site: string;
  /** sites that were looked at, which share alpha */
  readonly looked: readonly string[];
  /** why all sites together left it undecided */
  readonly allSites: readonly string[];
}

export interface Evidence {
  readonly outcome: Outcome;
  readonly judgement: Judgement;
  readonly task: TaskEvidence;
  /** side 1 */
  readonly baseline: SideEvidence;
  /** side 2 */
  readonly candidate: SideEvidence;
  readonly representation: {
    readonly sites: readonly string[];
    readonly pool: 'mean' | 'last' | 'none';
    readonly features: number;
  };
  /** the measure that decided: of several, one that found a difference, or else one that was undecided */
  readonly measure: MeasureName;
  /** between implementations, also where the judgement is about runs */
  readonly distances: Matrices;
  /** what other measures say under the same rule */
  readonly alsoReport: readonly {
    readonly measure: string;
    /** false: reported only, of no influence on the outcome */
    readonly decides: boolean;
    readonly outcome: Outcome;
    readonly siblings: readonly [number, number];
    readonly strangers: number;
    readonly excess: readonly [Interval, Interval];
    readonly congruity: number;
  }[];
  /** measures that were to be reported and could not be taken of these representations, and why */
  readonly refused?: readonly { readonly measure: string; readonly why: string }[] | undefined;
  /** Hausdorff distance between the two sampled sets under a metric: what the paper's two conditions bound */
  readonly bounds: {
    readonly measure: string;
    /** necessary: the Hausdorff distance is at least this */
    readonly necessary: number;
    readonly hausdorff: number;
    /** sufficient: it is at most this */
    readonly sufficient: number;
    readonly diameters: readonly [number, number];
  };
  /** trained runs a side, where they and not implementations are what the judgement counts as independent draws; a side of one run counts implementations */
  readonly runs?: readonly [number, number] | undefined;
  /** relabellings of the inputs that distances are taken up to, where the task has any */
  readonly symmetries?: number | undefined;
  /** all of this is of one site alone: all sites together left it undecided, and at this one the sets are different */
  readonly singleSite?: SingleSite | undefined;
  /** how many were drawn, and why no more */
  readonly sequential: SequentialEvidence;
  /** the same distance at each site alone, the site where strangers are farthest beyond siblings first; without those of `still` */
  readonly bySite: readonly {
    readonly site: string;
    readonly siblings: readonly [number, number];
    readonly strangers: number;
    /** the smaller of the two sides' excess */
    readonly excess: number;
  }[];
  /** sites at which siblings of a side are copies of each other, most often because no intervention reaches them: they say nothing by siblings, and are left out of looks at single sites */
  readonly still?:
    | readonly { readonly site: string; readonly siblings: readonly [number, number]; readonly strangers: number }[]
    | undefined;
  /** excess of each side with only one train/test split of the inputs, for measures that have splits */
  readonly bySplit: readonly (readonly [number, number])[];
  /** of a verdict of "different", where it was asked for and there is something smaller */
  readonly smallest?: SmallestDifference | undefined;
  readonly seed: number;
  readonly environment: {
    readonly congruity: string;
    readonly node: string;
    readonly platform: string;
    readonly backend: string;
    readonly backendDescription: string;
  };
  readonly seconds: number;
}
