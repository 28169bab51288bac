/** A fingerprint: what a comparison needs of one side, so that the model itself need not be at hand. */
import type { TensorToWrite } from '../io/safetensors-write.js';
import { readSample } from '../implementations/kept-samples.js';
import type { MadeSample, Sample } from '../implementations/samples.js';
import { once } from '../once.js';
import type { FingerprintSaid } from './format.js';
import { tensorNames } from './format.js';

/** One of a model on a task, as it was read or made. */
export class Fingerprint {
  /** its draws, the model as it is first */
  readonly drawn: () => readonly Sample[];

  /**
   * @param said what it says of itself
   * @param digest SHA-256 over all of it: two fingerprints that share it hold the same
   * @param where what messages call it
   */
  constructor(
    readonly said: FingerprintSaid,
    readonly digest: string,
    readonly where: string,
    readonly tensors: ReadonlyMap<string, TensorToWrite>,
  ) {
    this.drawn = once(() =>
      said.draws.map(({ description, recipe, sample }, index): Sample => {
        const made = readSample({ ...sample, kept: sample.kept }, tensorNames.draw(index), tensors);
        const { behaviour, gram, siteGrams, keptSites }: MadeSample = made;
        return { description, behaviour, run: said.model.fingerprint, recipe, gram, siteGrams, keptSites };
      }),
    );
  }

  /** True where Gram matrices are float64. */
  get exact(): boolean {
    return [...this.tensors].some(([name, { data }]) => name.startsWith('draw.') && data.BYTES_PER_ELEMENT === 8);
  }

  /** What the model answered on the inputs: [inputs, answers], row-major; undefined where that is left out. */
  get outputs(): Float32Array | undefined {
    return this.tensors.get(tensorNames.outputs)?.data as Float32Array | undefined;
  }
}
