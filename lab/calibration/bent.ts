/**
 * A model seen through curved glass: what is captured of its residual stream is an invertible, nonlinear function of what is there. Nothing else changes, so the mechanism is the same, and
 * representations are no longer linearly related.
 */
import { createHash } from 'node:crypto';
import { InterventionError } from '../../src/errors.js';
import type { Activation, Intervention, Model, RunOptions, RunResult, Values } from '../../src/model/model.js';
import { random, type Random } from '../../src/random.js';
import { runExamples } from '../../src/task/run.js';
import type { AnyTask } from '../../src/task/task.js';

const { tanh } = Math;

/** y + STEP tanh(STEEP y), coordinate by coordinate of unit deviation: strictly increasing, so that it has an inverse. */
const STEP = 10;
const STEEP = 4;

export const bend = (y: number): number => y + STEP * tanh(STEEP * y);

/** The inverse of `bend`, by bisection: bend(y) lies within STEP of y. */
export function unbend(z: number): number {
  let [low, high] = [z - STEP, z + STEP];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (bend(middle) < z) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** A random rotation, row-major: Gram-Schmidt on normal vectors. */
function rotation(size: number, stream: Random): Float64Array {
  const q = Float64Array.from({ length: size * size }, () => stream.normal());
  for (let row = 0; row < size; row++) {
    const own = q.subarray(row * size, (row + 1) * size);
    for (let before = 0; before < row; before++) {
      const other = q.subarray(before * size, (before + 1) * size);
      const along = own.reduce((sum, x, i) => sum + x * other[i]!, 0);
      for (let i = 0; i < size; i++) own[i]! -= along * other[i]!;
    }
    const length = Math.sqrt(own.reduce((sum, x) => sum + x * x, 0));
    for (let i = 0; i < size; i++) own[i]! /= length;
  }
  return q;
}

/** What a site is looked at through: coordinates y = Q (x - mean) / deviation, then `bend`. */
interface Glass {
  readonly turn: Float64Array;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Values at a site, as they are captured or given. */
type Seen = Values & { readonly site: string };

function glassOf({ shape, data }: Activation, stream: Random): Glass {
  const size = shape.at(-1)!;
  const rows = data.length / size;
  const mean = new Float64Array(size);
  data.forEach((x, i) => (mean[i % size]! += x / rows));
  const turn = rotation(size, stream);
  const squares = new Float64Array(size);
  const y = new Float64Array(size);
  for (let row = 0; row < rows; row++) {
    turned({ turn, mean }, data, row * size, y);
    for (let i = 0; i < size; i++) squares[i]! += y[i]! ** 2 / rows;
  }
  // a direction in which nothing ever varies keeps its unit
  return { turn, mean, deviation: squares.map((s) => (s > 0 ? Math.sqrt(s) : 1)) };
}

function turned(
  { turn, mean }: Pick<Glass, 'turn' | 'mean'>,
  data: ArrayLike<number>,
  from: number,
  into: Float64Array,
): void {
  const size = into.length;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += turn[i * size + j]! * (data[from + j]! - mean[j]!);
    into[i] = sum;
  }
}

export class Bent implements Model {
  readonly kind = 'bent';
  readonly name: string;
  readonly fingerprint: string;
  readonly backend: Model['backend'];
  readonly sites: Model['sites'];
  readonly parts: Model['parts'];
  readonly representationSites: readonly string[];

  private constructor(
    private readonly inner: Model,
    private readonly glasses: ReadonlyMap<string, Glass>,
    seed: number,
  ) {
    this.name = `${inner.name} (residuals bent, seed ${seed})`;
    this.fingerprint = createHash('sha256').update(`bent ${seed} ${inner.fingerprint}`).digest('hex');
    this.backend = inner.backend;
    this.sites = inner.sites;
    this.parts = inner.parts.filter(({ site }) => !glasses.has(site));
    this.representationSites = inner.representationSites;
  }

  /** @param seed of the rotations, one for each site */
  static async of(model: Model, task: AnyTask, seed: number): Promise<Bent> {
    const sites = model.representationSites;
    const { batches } = await runExamples(model, task, task.examples(task.size ?? 1000, seed), { capture: sites });
    return new Bent(
      model,
      new Map(sites.map((site) => [site, glassOf(batches[0]!.activations.get(site)!, random(seed, `bent ${site}`))])),
      seed,
    );
  }

  /**
   * Interventions on a bent site are in its own coordinates: values are straightened before the model has them; another input's activation is the same on both sides of the glass.
   * @throws InterventionError for one that has no counterpart behind the glass, besides what the model throws
   */
  async run(batch: Parameters<Model['run']>[0], options: RunOptions = {}): Promise<RunResult> {
    const interventions = options.interventions?.map((one) => this.behind(one));
    const result = await this.inner.run(batch, { ...options, ...(interventions && { interventions }) });
    return {
      ...result,
      activations: new Map([...result.activations].map(([site, activation]) => [site, this.through(site, activation)])),
    };
  }

  dispose(): void {
    this.inner.dispose();
  }

  /** The intervention on the model that does what this one does to what is seen of it. */
  private behind(intervention: Intervention): Intervention {
    const { site, at, by } = intervention;
    const glass = this.glasses.get(site);
    if (glass === undefined) return intervention;
    const axes = this.sites.find(({ name }) => name === site)!.axes;
    // the bend mixes the features of a position and leaves positions alone
    const whole = at?.[axes.at(-1)!] === undefined;
    if (whole && by.kind === 'resample') return intervention;
    if (whole && by.kind === 'value' && typeof by.value !== 'number') {
      const { shape, data } = by.value;
      if (shape.at(-1) === glass.mean.length)
        return { ...intervention, by: { kind: 'value', value: this.straight({ site, shape, data }) } };
    }
    throw new InterventionError({
      what: `${site} is only looked at through bent glass, where "${by.kind}"${whole ? '' : ' of some features'} means nothing to the model behind it`,
      where: this.name,
      hint: 'give values of all features, resample, or intervene on heads or neurons',
    });
  }

  /** What the model has at a site, from what is captured there: the inverse of the bend. */
  straight({ data: seen, ...rest }: Seen): Activation {
    const glass = this.glasses.get(rest.site);
    if (glass === undefined) return { ...rest, data: Float32Array.from(seen) };
    const { turn, mean, deviation } = glass;
    const size = mean.length;
    const data = new Float32Array(seen.length);
    const y = new Float64Array(size);
    for (let from = 0; from < data.length; from += size) {
      for (let i = 0; i < size; i++) y[i] = deviation[i]! * unbend(seen[from + i]!);
      for (let j = 0; j < size; j++) {
        let sum = mean[j]!;
        for (let i = 0; i < size; i++) sum += turn[i * size + j]! * y[i]!;
        data[from + j] = sum;
      }
    }
    return { ...rest, data };
  }

  private through(site: string, activation: Activation): Activation {
    const glass = this.glasses.get(site);
    if (glass === undefined) return activation;
    const size = glass.mean.length;
    const data = new Float32Array(activation.data.length);
    const y = new Float64Array(size);
    for (let from = 0; from < data.length; from += size) {
      turned(glass, activation.data, from, y);
      for (let i = 0; i < size; i++) data[from + i] = bend(y[i]! / glass.deviation[i]!);
    }
    return { ...activation, data };
  }
}
