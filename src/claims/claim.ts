/** What a search for a counterexample to a claim found: plain JSON, one entry of report.json. */
import type { Interval } from '../interval.js';
import type { Model } from '../model/model.js';
import { version } from '../version.js';
import type { BoundEvidence } from '../bounds/evidence.js';
import type { TaskEvidence } from '../verdict/evidence.js';

/** `holds`: no counterexample within a search that went to its end; `fails`: there is one; `undecided`: neither. */
export type ClaimOutcome = 'holds' | 'fails' | 'undecided';

/** The smallest thing found on which a claim fails. */
export interface Counterexample {
  /** in one line: `clock with blocks.0.attn.head.3 taken from [3, 5], on [1, 2]` */
  readonly description: string;
  /** what is intervened on, where that is what was tried */
  readonly components?: readonly string[] | undefined;
  readonly by?: string | undefined;
  /** as they print */
  readonly input?: string | undefined;
  readonly source?: string | undefined;
  /** what was measured there, each in words: `accuracy 1 → 0` */
  readonly measured: readonly string[];
}

/** What was found out about one part of a circuit. */
export interface PartEvidence {
  readonly component: string;
  readonly status: 'necessary' | 'could be dropped' | 'undecided';
  /**
   * per way of replacing it: how many inputs it broke of how many tried (0: the part was decided without it), and the share with limits that hold for all parts and ways at once, whenever
   * drawing ended; low = high where every input was run with every counterfactual
   */
  readonly effects: readonly {
    readonly by: string;
    readonly tried: number;
    readonly broken: number;
    readonly share: Interval;
  }[];
}

export interface SearchEvidence {
  /** values that the claim was tested on */
  readonly runs: number;
  readonly shrinks: number;
  /** values judged, with those that turned out not to be needed */
  readonly evaluated: number;
  /** forward passes */
  readonly passes: number;
  /** why it ended early */
  readonly stopped?: string | undefined;
  /** of fast-check; undefined where nothing random was drawn */
  readonly seed?: number | undefined;
  /** of the counterexample: `{ seed, path, endOnFailure: true }` replays it */
  readonly path?: string | undefined;
  /** true where what failed before was tried first and failed again */
  readonly again?: boolean | undefined;
}

export interface ClaimEvidence {
  readonly outcome: ClaimOutcome;
  /** what was claimed, as a sentence */
  readonly claim: string;
  /** what came out, in a few words: `broken by one component outside the circuit` */
  readonly received: string;
  readonly reasons: readonly string[];
  readonly wouldSettle?: string | undefined;
  readonly task: TaskEvidence;
  /** the model the claim is about first, then what it is compared with */
  readonly models: readonly { readonly name: string; readonly kind: string; readonly fingerprint: string }[];
  readonly circuit?: { readonly components: readonly string[]; readonly outside: number } | undefined;
  readonly counterexample?: Counterexample | undefined;
  readonly parts?: readonly PartEvidence[] | undefined;
  /** of the two conditions about sets (docs/bounds.md) */
  readonly bounds?: BoundEvidence | undefined;
  /** undefined where nothing was searched */
  readonly search?: SearchEvidence | undefined;
  readonly seed: number;
  readonly environment: Environment;
  readonly seconds: number;
}

export interface Environment {
  readonly congruity: string;
  readonly node: string;
  readonly platform: string;
  readonly backend: string;
  readonly backendDescription: string;
}

/** Where models ran. */
export function environmentOf(models: readonly Model[]): Environment {
  const backends = [...new Map(models.map(({ backend }) => [backend.name, backend])).values()];
  return {
    congruity: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    backend: backends.map(({ name }) => name).join(', '),
    backendDescription: backends.map(({ description }) => description).join('; '),
  };
}

/** A model as evidence names it. */
export const modelEvidence = ({ name, kind, fingerprint }: Model): ClaimEvidence['models'][number] => ({
  name,
  kind,
  fingerprint,
});
