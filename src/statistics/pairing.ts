/**
 * Whether it matters which component of one model is paired with which of the other. A draw gives two response cosines: of twins, and of the same intervention with other components patched in the second
 * model. Its pairing ratio is how unlike twins respond over how unlike the others do, (1 - cosine) / (1 - cosine at random). Draws are independent, so that whether the ratio is above r in at least, or at
 * most, half of the cases is tested by betting, as for the response cosine (twins.ts).
 *
 * Why a ratio and not only which of the two is larger: what is made from the same counterfactual inputs is a little alike in any pairing, and a pairing is never as good as another to the last digit. With
 * enough draws a test of "better" is certain of any difference, however small.
 */
import { UNBOUNDED, type Interval } from '../interval.js';
import { medianAbove, medianBelow, medianLimits, type TwinLevels } from './twins.js';

/** Cosines nearer to 1 than this count as so near: rounding decides which of them is nearer. */
const ALIKE = 1e-4;

/** @param cosine of twins @param atRandom of the same draw, with components paired at random */
const pairingRatio = (cosine: number, atRandom: number): number =>
  Math.max(ALIKE, 1 - cosine) / Math.max(ALIKE, 1 - atRandom);

/** What is known of the pairing so far. */
export class PairingTest {
  private readonly ratios: number[] = [];

  observe(cosine: number, atRandom: number): void {
    this.ratios.push(pairingRatio(cosine, atRandom));
  }

  /** log evidence that the median ratio is below r, at its largest so far: reaches -log(level) with probability at most `level` where at least half of the cases are at least r. */
  below(r: number): number {
    return medianBelow(this.ratios, r);
  }

  /** The same that it is above r. */
  above(r: number): number {
    return medianAbove(this.ratios, r);
  }

  /** The median pairing ratio; 1 where nothing is known. */
  ratio(levels: TwinLevels): Interval {
    return medianLimits(this.ratios, levels, { least: 0, most: UNBOUNDED, none: 1 });
  }
}
