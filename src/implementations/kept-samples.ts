/** What is kept of implementations between runs (docs/cache.md): Gram matrices as lower triangles of float64, each once. */
import { accelerator } from '../tensor/kernels/openblas.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { addGrams } from '../representation/gram.js';
import { packGram, unpackGram, type PackedGram } from '../representation/packed-gram.js';
import type { AnyExamples, AnyTask } from '../task/task.js';
import { lookedAt } from './looked-at.js';
import type { DrawOptions, MadeSample } from './samples.js';

type Tensors = Map<string, TensorToWrite>;
type Read = ReadonlyMap<string, TensorToWrite>;

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
  return { n, data: found.data as Float64Array, ...(control && { control }) };
}

interface Said extends Pick<MadeSample, 'behaviour' | 'sites' | 'features' | 'asFirst' | 'kept'> {
  /** whether Grams are kept at every site */
  readonly perSite: boolean;
  /** whether a look may take single sites */
  readonly looks: boolean;
}

/** @param prefix of the names of tensors */
export function writeSample(made: MadeSample, prefix: string, tensors: Tensors): Said {
  const { gram, siteGrams, keptSites, ...said } = made;
  const { sites } = said;
  const looked = lookedAt(sites.length);
  const stored = sites.map((_, s) => (siteGrams ? packGram(siteGrams[s]!) : keptSites[looked.indexOf(s)]));
  stored.forEach((one, s) => one && put(tensors, `${prefix}gram.${sites[s]!}`, one));
  // the sum of all sites can be taken again
  if (stored.includes(undefined)) put(tensors, `${prefix}gram`, packGram(gram));
  return { ...said, perSite: siteGrams !== undefined, looks: keptSites.length > 0 };
}

export function readSample({ perSite, looks, ...said }: Said, prefix: string, tensors: Read): MadeSample {
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
