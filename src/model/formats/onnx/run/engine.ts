/** A pass through a graph: inputs in, patches laid out as the graph has them, activations out batch first. */
import { InputError, isCongruityError } from '../../../../errors.js';
import type { Found } from '../../../engine.js';
import type { PatchEngine, PassRequest, PassResult } from '../../../patch-engine.js';
import { shapeKey, type ModelInput } from '../../../input.js';
import type { SitePatch } from '../../../replacement.js';
import { failed } from './runtime-errors.js';
import type { Inputs } from '../graph/inputs.js';
import { asInGraph, batchFirst, dimsFor, ownShape } from '../graph/batch-axis.js';
import { sizeOf } from '../graph/made-up.js';
import type { Rows, TensorPlace } from '../graph/tensor-place.js';
import { cut, fedWith, padded, seenAs, together } from './rows.js';
import { valuesOf, type OrtTensor } from './runtime.js';
import type { Feed, Replace, Sessions } from './sessions.js';
import { fromFloat32, toFloat32 } from '../file/values.js';
import { entriesOf } from '../../../../shape.js';

export interface OnnxEngineParts {
  readonly sessions: Sessions;
  readonly inputs: Inputs;
  readonly places: ReadonlyMap<string, TensorPlace>;
  /** tensors whose sizes are looked at for every size of the input, whatever the first runs showed */
  readonly steps: ReadonlySet<string>;
  /** shapes that users see sites in, where they are not the tensors' own */
  readonly views: ReadonlyMap<string, readonly number[]>;
  readonly rows: Rows;
  /** values in the largest tensor of the input that was probed with */
  readonly exampleSize: number;
  /** the tensor that is read as logits */
  readonly answer: string;
  /** the tensors that one is computed from, itself included */
  readonly upstream: (name: string) => ReadonlySet<string>;
  /** runs the file as it is, where a run reads nothing but its output and replaces nothing */
  readonly untouched?: ((feeds: ReadonlyMap<string, Feed>) => Promise<OrtTensor>) | undefined;
}

/** Shapes of all tensors are learned in one run where it leaves no more than this behind. */
const mostMeasured = 256 * 1024 * 1024;

class OnnxEngine implements PatchEngine {
  /** a tensor's shape for one row, by its name and the size of the input */
  private readonly dims = new Map<string, readonly number[]>();

  constructor(private readonly made: OnnxEngineParts) {}

  independent(sites: readonly string[]): readonly string[] {
    return sites.filter((site) => {
      const above = this.made.upstream(site);
      return !sites.some((other) => other !== site && above.has(other));
    });
  }

  check(input: ModelInput, where: string): void {
    this.made.inputs.values(input, where);
  }

  dispose(): void {
    void this.made.sessions.forget();
  }

  async pass(rows: readonly ModelInput[], wanted: PassRequest): Promise<PassResult> {
    const { rows: kind } = this.made;
    if (rows.length === 1 && wanted.patches.length === 0 && !wanted.logits)
      await this.measure(rows[0]!, wanted.capture);
    const step = kind.kind === 'any' ? rows.length : kind.kind === 'fixed' ? kind.size : 1;
    const names = [...new Set([...wanted.capture, ...(wanted.logits ? [this.made.answer] : [])])];
    const parts = new Map<string, Found[]>(names.map((name) => [name, []]));
    for (let from = 0; from < rows.length; from += step) {
      const some = rows.slice(from, from + step);
      const found = await this.step(
        some,
        step - some.length,
        names,
        wanted.patches.map((patch) => cut(patch, from, from + some.length)),
        new Set(wanted.capture),
      );
      for (const [name, part] of found) parts.get(name)!.push(part);
    }
    const whole = new Map([...parts].map(([name, list]) => [name, together(list)]));
    const answer = whole.get(this.made.answer);
    return {
      logits:
        wanted.logits && answer
          ? { data: answer.data, shape: answer.shape.length === 1 ? [...answer.shape, 1] : answer.shape }
          : undefined,
      activations: new Map(
        wanted.capture.map((name) => {
          const { shape, data } = whole.get(name)!;
          const view = this.made.views.get(name);
          // arrays belong to the caller, and these would be one
          const own = wanted.logits && name === this.made.answer ? data.slice() : data;
          return [
            name,
            { shape: view ? [shape[0]!, ...seenAs(view, data.length / shape[0]!, name)] : shape, data: own },
          ];
        }),
      ),
    };
  }

  /** Some rows that the graph takes at once; `pad` of them are made up. `asked`: sites whose sizes are to be what they are said to be. */
  private async step(
    rows: readonly ModelInput[],
    pad: number,
    names: readonly string[],
    patches: readonly SitePatch[],
    asked: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, Found>> {
    const { inputs, places, sessions, untouched, answer } = this.made;
    const count = rows.length + pad;
    const feeds: Map<string, Feed> = inputs.feeds(rows, pad);
    const results = new Map<string, Found>();
    const keep = (name: string, data: Float32Array, dims: readonly number[]): void => {
      const { layout } = places.get(name)!;
      const ordered = batchFirst(data, dims, count, layout);
      const own = ownShape(dims, count, layout);
      results.set(name, {
        shape: [rows.length, ...own],
        data: pad === 0 ? ordered : ordered.slice(0, (ordered.length / count) * rows.length),
      });
    };
    const replace = new Map<string, Replace>();
    for (const patch of patches) {
      const place = places.get(patch.site)!;
      const feed = feeds.get(patch.site);
      if (feed) {
        feeds.set(patch.site, fedWith(feed, patch));
        continue;
      }
      const dims = dimsFor(await this.dimsOf(place, rows[0]!), count, place.layout);
      const filled = padded(patch, rows.length, pad);
      const values = asInGraph(filled.values, dims, count, place.layout);
      if (values.length !== entriesOf(dims))
        throw new InputError({
          what: `${patch.site} has the shape [${dims.join(', ')}] for ${count} rows, and the replacement ${values.length} values`,
          where: 'batch',
          hint: 'inputs of other sizes than the one that was probed need the option example',
        });
      if (patch.mask === undefined && names.includes(patch.site))
        keep(patch.site, toFloat32(fromFloat32(values, place.type, place.type), place.type), dims);
      replace.set(patch.site, {
        type: place.type,
        dims,
        mask: filled.mask && asInGraph(filled.mask, dims, count, place.layout),
        values: (within) => fromFloat32(values, place.type, within),
      });
    }
    for (const name of names) {
      const feed = feeds.get(name);
      if (feed)
        keep(name, feed.type === 'float32' ? (feed.data as Float32Array) : toFloat32(feed.data, feed.type), feed.dims);
    }
    const fetch = names.filter((name) => !results.has(name));
    if (fetch.length === 0) return results;
    let found: ReadonlyMap<string, OrtTensor>;
    try {
      const plain = untouched !== undefined && patches.length === 0 && fetch.length === 1 && fetch[0] === answer;
      found = plain ? new Map([[answer, await untouched(feeds)]]) : await sessions.run(feeds, fetch, replace);
    } catch (cause) {
      throw isCongruityError(cause) ? cause : failed(cause, 'batch');
    }
    for (const name of fetch) {
      const tensor = found.get(name)!;
      const place = places.get(name)!;
      this.learn(place, rows[0]!, tensor.dims, count, asked.has(name));
      keep(name, toFloat32(valuesOf(tensor, place.type), place.type), tensor.dims);
    }
    return results;
  }

  /** @throws InputError for a site that is asked for and whose size is not what it was, or follows the input where it was not seen to */
  private learn(place: TensorPlace, row: ModelInput, seen: readonly number[], count: number, asked: boolean): void {
    const { name, dims, layout } = place;
    if (!this.varies(name)) return;
    const key = `${name} ${shapeKey(row)}`;
    const one = seen.map((size, axis) => (axis === layout.axis ? size / count : size));
    const known = this.dims.get(key);
    if (known === undefined) this.dims.set(key, one);
    if (asked && known)
      sameSize(
        name,
        one,
        known,
        'for another input of the same shape it had',
        'its size depends on the values of the input: use other sites',
      );
    if (asked) sameSize(name, one, dims, 'the first runs gave', loadLarger);
  }

  private varies(name: string): boolean {
    return this.made.places.get(name)!.dims.includes(-1) || this.made.steps.has(name);
  }

  /** A tensor's shape for one row of this size, from a run where it is not known yet. */
  private async dimsOf(place: TensorPlace, row: ModelInput): Promise<readonly number[]> {
    if (!this.varies(place.name)) return place.dims;
    await this.measure(row, [place.name]);
    const one = this.dims.get(`${place.name} ${shapeKey(row)}`)!;
    sameSize(place.name, one, place.dims, 'the first runs gave', loadLarger);
    return one;
  }

  /** Learns the shapes of all tensors at once for an input of a new size: interventions on many of them tend to follow. */
  private async measure(row: ModelInput, names: readonly string[]): Promise<void> {
    const { places } = this.made;
    const key = shapeKey(row);
    if (!names.some((name) => this.varies(name) && !this.dims.has(`${name} ${key}`))) return;
    const { rows, exampleSize } = this.made;
    const growth = sizeOf(row) / exampleSize;
    const all = [...places.values()].filter(({ name }) => this.varies(name));
    const bytes = all.reduce(
      (sum, { own, example }) => sum + 4 * entriesOf(example) * growth ** own.filter((size) => size === -1).length,
      0,
    );
    await this.step(
      [row],
      rows.kind === 'fixed' ? rows.size - 1 : 0,
      bytes > mostMeasured ? names : all.map(({ name }) => name),
      [],
      new Set(names),
    );
  }
}

const loadLarger =
  'load the model with an input of this size as the option example; a site whose size depends on the values of the input is none to use';

/** @throws InputError for a size, for one row, that is not what was seen; -1 stands for any */
function sameSize(name: string, one: readonly number[], seen: readonly number[], when: string, hint: string): void {
  if (seen.length === one.length && seen.every((size, axis) => size === -1 || size === one[axis])) return;
  throw new InputError({
    what: `${name} has the size [${one.join(', ')}] for a row of this input; ${when} [${seen.join(', ')}]`,
    where: 'batch',
    hint,
  });
}

export const onnxEngine = (made: OnnxEngineParts): PatchEngine => new OnnxEngine(made);
