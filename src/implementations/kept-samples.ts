/** What is kept of implementations, between runs (docs/cache.md) and in fingerprints (docs/fingerprint.md): Gram matrices as lower triangles, each once. */
import { accelerator } from '../tensor/kernels/openblas.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { addGrams, centreGram, type Gram } from '../representation/gram.js';
import { packGram, unpackGram, type PackedGram } from '../representation/packed-gram.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { lookedAt } from './looked-at.js';
import type { DrawOptions, MadeSample } from './samples.js';

type Tensors = Map<string, TensorToWrite>;
type Read = ReadonlyMap<string, TensorToWrite>;

/** Rounded to float32: half the bytes. */
export const precisions = ['float32', 'float64'] as const;
export type Precision = (typeof precisions)[number];

/** A Gram's lower triangle. */
export function packedTensor(gram: Gram, precision: Precision): TensorToWrite {
  const { data } = packGram(gram);
  return { shape: [data.length], data: precision === 'float32' ? Float32Array.from(data) : data };
}

/** A Gram from its lower triangle; undefined where it is not there. */
export function gramFrom(tensors: Read, name: string): Gram | undefined {
  const found = take(tensors, name);
  return found && unpackGram(found);
}

function put(tensors: Tensors, name: string, { data, control }: PackedGram): void {
  tensors.set(name, { shape: [data.length], data });
  if (control) put(tensors, `${name}.control`, control);
}

function take(tensors: Read, name: string): PackedGram | undefined {
  const found = tensors.get(name);
  if (!found) return undefined;
  const control = take(tensors, `${name}.control`);
  // of so many inputs it is the lower triangle
  const n = (Math.sqrt(8 * found.data.length + 1) - 1) / 2;
  const packed = { n, ...(control && { control }) };
  if (found.data.BYTES_PER_ELEMENT === 8) return { ...packed, data: found.data as Float64Array };
  // rounded, rows do not add up to 0 any more
  const { data } = packGram(centreGram(unpackGram({ n, data: Float64Array.from(found.data) })));
  return { ...packed, data };
}

export interface SampleSaid extends Pick<MadeSample, 'behaviour' | 'sites' | 'features' | 'asFirst' | 'kept'> {
  /** whether Grams are kept at every site */
  readonly perSite: boolean;
  /** whether a look may take single sites */
  readonly looks: boolean;
}

/** @param prefix of the names of tensors */
export function writeSample(made: MadeSample, prefix: string, tensors: Tensors): SampleSaid {
  const { gram, siteGrams, keptSites, ...said } = made;
  const { sites } = said;
  const looked = lookedAt(sites.length);
  const stored = sites.map((_, s) => (siteGrams ? packGram(siteGrams[s]!) : keptSites[looked.indexOf(s)]));
  stored.forEach((one, s) => one && put(tensors, `${prefix}gram.${sites[s]!}`, one));
  // the sum of all sites can be taken again
  if (stored.includes(undefined)) put(tensors, `${prefix}gram`, packGram(gram));
  return { ...said, perSite: siteGrams !== undefined, looks: keptSites.length > 0 };
}

export function readSample({ perSite, looks, ...said }: SampleSaid, prefix: string, tensors: Read): MadeSample {
  const { sites } = said;
  const stored = sites.map((site) => take(tensors, `${prefix}gram.${site}`));
  const whole = take(tensors, `${prefix}gram`);
  const grams = perSite || !whole ? stored.map((one) => unpackGram(one!)) : undefined;
  return {
    ...said,
    gram: whole ? unpackGram(whole) : addGrams(grams!),
    siteGrams: perSite ? grams : undefined,
    keptSites: looks ? lookedAt(sites.length).map((s) => stored[s]!) : [],
  };
}

/** What becomes of a run's activations, as far as it does not follow from the run: for keys. */
export function samplingKey(
  { sites, pool, rows, averaging, perSite, keepSites, seed }: Omit<DrawOptions, 'progress'>,
  task: AnyTask,
  examples: AnyExamples,
): readonly unknown[] {
  return [
    sites ?? null,
    pool,
    rows ?? null,
    // controls are drawn by the seed
    averaging ? [task.relabellings(examples), averaging.measured ?? null, seed] : null,
    perSite,
    keepSites,
    // it rounds otherwise
    accelerator() ?? null,
  ];
}
