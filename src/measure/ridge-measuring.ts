/** Ridge distances among representations that come one after another: each is fitted once, as far as memory allows. */
import { checkedGrams } from './grams.js';
import type { Distances, Gram, MeasureOptions, Measuring } from './measure.js';
import type { Fitted } from './ridge-predictor.js';
import { checkedOptions, LEAST_INPUTS, type RidgeOptions } from './ridge-options.js';
import { distancesOf, fitsOf, splitsOf } from './ridge-fits.js';

/** Bytes of what was fitted that are kept for targets still to come. */
const KEPT = 128 * 2 ** 20;

/** What was fitted of some representations, within so many bytes. */
class KeptFits {
  readonly #known = new Map<Gram, Fitted>();
  #bytes = 0;

  constructor(private readonly most: number) {}

  /** false once no more is kept */
  get room(): boolean {
    return this.#bytes < this.most;
  }

  get(gram: Gram): Fitted | undefined {
    return this.#known.get(gram);
  }

  set(gram: Gram, fitted: Fitted): void {
    this.#known.set(gram, fitted);
    this.#bytes += fitted.loo.byteLength + fitted.operators.byteLength;
  }
}

export class RidgeMeasuring implements Measuring {
  /** R2 of each split, from one representation to another */
  readonly #known = new Map<Gram, Map<Gram, Float64Array>>();
  readonly #kept = new KeptFits(KEPT);
  /** true once something has been measured */
  #asked = false;

  constructor(private readonly options: Omit<MeasureOptions, 'progress'> & RidgeOptions) {}

  async among(grams: readonly Gram[], { progress }: Pick<MeasureOptions, 'progress'> = {}): Promise<Distances> {
    const { signal } = this.options;
    const { alphas } = checkedOptions(this.options);
    const { n } = grams[0] ?? { n: 0 };
    // one of those known stands for all of them
    const old = grams.find((gram) => this.#known.has(gram));
    await checkedGrams([...(old ? [old] : []), ...grams.filter((gram) => !this.#known.has(gram))], LEAST_INPUTS, {
      signal,
    });
    const splits = splitsOf(n, this.options);
    // predictors that miss the same targets go together
    const missing = new Map<string, { readonly predictors: Gram[]; readonly targets: readonly Gram[] }>();
    for (const predictor of new Set(grams)) {
      const known = this.#known.get(predictor);
      const numbers = grams.flatMap((target, i) => (known?.has(target) ? [] : [i]));
      if (numbers.length === 0) continue;
      const key = numbers.join(' ');
      const group = missing.get(key) ?? { predictors: [], targets: [...new Set(numbers.map((i) => grams[i]!))] };
      group.predictors.push(predictor);
      missing.set(key, group);
    }
    const again = this.#asked;
    this.#asked ||= missing.size > 0;
    let done = 0;
    for (const { predictors, targets } of missing.values()) {
      const from = done / missing.size;
      const fits = await fitsOf(predictors, targets, splits, {
        alphas,
        // most comparisons ask once, and keeping costs as much time as a fifth of fitting
        ...(again && { kept: this.#kept }),
        ...(signal && { signal }),
        progress: (share) => progress?.(from + share / missing.size),
      });
      done++;
      for (const [i, predictor] of predictors.entries()) {
        const known = this.#known.get(predictor) ?? new Map<Gram, Float64Array>();
        this.#known.set(predictor, known);
        for (const [j, target] of targets.entries())
          known.set(
            target,
            Float64Array.from(fits, ({ r2 }) => r2[i * targets.length + j]!),
          );
      }
    }
    const r2 = splits.map((_, s) =>
      Float64Array.from(grams.flatMap((x) => grams.map((y) => this.#known.get(x)!.get(y)![s]!))),
    );
    return distancesOf(r2, grams.length);
  }
}
