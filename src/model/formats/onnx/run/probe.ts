/**
 * The first runs of a graph, on small made-up inputs: they tell the type and the shape of every tensor, where the batch is in it, and which axes
 * follow the input. Files rarely say.
 */
import { isCongruityError, ModelError } from '../../../../errors.js';
import type { ModelInput } from '../../../input.js';
import { failed } from './runtime-errors.js';
import type { Inputs, InputSpec } from '../graph/inputs.js';
import { farFrom, idsToTry, lengths, madeUp, resized, sizeOf } from '../graph/made-up.js';
import {
  mixed,
  placeOf,
  type Look,
  type Probed,
  type Rows,
  type Seen,
  type TensorPlace,
} from '../graph/tensor-place.js';
import { isFloat, isNumberType } from '../file/element-types.js';
import { toFloat32 } from '../file/values.js';
import { valuesOf } from './runtime.js';
import type { Sessions } from './sessions.js';

/** Runs rows as one batch. @throws onnxruntime's own errors */
export type RunRows = (rows: readonly ModelInput[], names: readonly string[]) => Promise<ReadonlyMap<string, Seen>>;

/** so many tensors are looked at in one run */
const atOnce = 200;

/** Runs of a graph as it is: every tensor, inputs included. */
export const runner =
  (sessions: Sessions, inputs: Inputs, pad: number): RunRows =>
  async (rows, names) => {
    const feeds = inputs.feeds(rows, pad);
    const found = await sessions.run(
      feeds,
      names.filter((name) => !feeds.has(name)),
      new Map(),
    );
    return new Map(
      names.map((name) => {
        const feed = feeds.get(name);
        if (feed) return [name, { dims: feed.dims, type: feed.type, values: toFloat32(feed.data, feed.type) }];
        const tensor = found.get(name);
        const type = tensor && isNumberType(tensor.type) ? tensor.type : undefined;
        return [
          name,
          {
            dims: tensor?.dims ?? [],
            type,
            values: type ? toFloat32(valuesOf(tensor!, type), type) : new Float32Array(0),
          },
        ];
      }),
    );
  };

/** True where inputs may be of several sizes. */
export const isOpen = (specs: readonly InputSpec[]): boolean =>
  specs.some(
    ({ dims, filler }) =>
      filler === undefined && (dims === undefined || dims.slice(1).some((size) => typeof size !== 'number')),
  );

function fixedBatch(specs: readonly InputSpec[]): number | undefined {
  const sizes = specs.flatMap(({ dims }) => (dims && dims.length > 0 && typeof dims[0] === 'number' ? [dims[0]] : []));
  return sizes.length > 0 ? Math.max(...sizes) : undefined;
}

export interface ProbeOptions {
  readonly example: ModelInput | undefined;
  readonly maxBytes: number;
  readonly where: string;
  /** why rows are to be computed one by one, where they are */
  readonly single: string | undefined;
  /** tensors whose sizes two inputs of nearly the same size may not tell apart */
  readonly inSteps: ReadonlySet<string>;
  /** tensors whose sizes may depend on values */
  readonly byValues: ReadonlySet<string>;
}

/**
 * @param names tensors to learn about, in the order of computation; `answer` among them
 * @param example an input that the graph runs on, where made-up ones do not do
 * @throws ModelError where it runs on none, or where what it computes is larger than `maxBytes`
 */
export async function probe(
  specs: readonly InputSpec[],
  names: readonly string[],
  answer: string,
  runRows: RunRows,
  { example, maxBytes, where, single: alone, inSteps, byValues }: ProbeOptions,
): Promise<Probed> {
  const fixed = fixedBatch(specs);
  const open = isOpen(specs);
  const run: RunRows = async (rows, wanted) => {
    try {
      return await runRows(rows, wanted);
    } catch (cause) {
      throw isCongruityError(cause) ? cause : failing(cause);
    }
  };
  const failing = (cause: unknown): ModelError =>
    new ModelError({
      what: `the model does not run on ${example ? 'the example' : 'any made-up input'}: ${failed(cause, where).what.replace(/^[^:]*: /, '')}`,
      where,
      hint: example
        ? 'give an example that it was exported for'
        : 'give an input that it runs on, as the option example',
      cause,
    });
  // which inputs it runs on at all
  let first: readonly [ModelInput, ModelInput] | undefined;
  let next: ModelInput | undefined;
  let only: number | undefined;
  let fault: unknown;
  const answers = new Map<number, Seen>();
  const works = async (rows: readonly ModelInput[]): Promise<boolean> => {
    try {
      answers.set(rows.length, (await runRows(rows, [answer])).get(answer)!);
      return true;
    } catch (cause) {
      // refused as a whole, whatever the input
      if (isCongruityError(cause)) throw cause;
      fault ??= cause;
      return false;
    }
  };
  /** The first of some inputs that the graph runs on; an error is no reason to refuse a file that runs on others. */
  const firstOf = async (inputs: readonly (ModelInput | undefined)[]): Promise<ModelInput | undefined> => {
    for (const input of inputs) if (input !== undefined && (await works([input]).catch(() => false))) return input;
    return undefined;
  };
  const images = specs.some(({ dims }) => dims !== undefined && dims.length > 3);
  let far: ModelInput | undefined;
  if (example !== undefined) {
    if (await works([example])) first = [example, example];
    if (open && first) {
      next = await firstOf([resized(example, specs, (size) => size - 1)]);
      if (inSteps.size > 0)
        far = await firstOf([
          resized(example, specs, (size) => 2 * size),
          resized(example, specs, (size) => Math.ceil(size / 2)),
        ]);
    }
  } else {
    for (const [length, longer] of open ? lengths : ([[5, 7]] as const)) {
      for (const variety of idsToTry) {
        const [a, b] = [madeUp(specs, length, 0, variety), madeUp(specs, length, 1, variety)];
        if (!(await works([a]))) continue;
        first = [a, b];
        const more = madeUp(specs, longer, 0, variety);
        if (open && (await works([more]))) next = more;
        if (open && inSteps.size > 0)
          far = await firstOf(farFrom(length, images).map((size) => madeUp(specs, size, 0, variety)));
        if (open && !next && !far) only = length;
        break;
      }
      if (first) break;
    }
  }
  if (first === undefined) throw failing(fault);
  // a step of training, or a draw of random numbers inside an operator
  const [before, again] = [
    (await run([first[0]], [answer])).get(answer)!,
    (await run([first[0]], [answer])).get(answer)!,
  ];
  if (!before.values.every((value, i) => Object.is(value, again.values[i])))
    throw new ModelError({
      what: 'two runs on the same input give different results',
      where,
      hint: 'export the model in evaluation mode, without dropout and other randomness',
    });
  const two = fixed === undefined && (await works(first));

  const looks = new Map<string, Look>();
  const absent = new Map<string, string>();
  let rowBytes = 0;
  let rows: Rows = fixed !== undefined && fixed > 1 ? { kind: 'fixed', size: fixed } : { kind: 'any' };
  if (fixed === 1) rows = { kind: 'single', why: 'the model was exported for one row at a time' };
  else if (fixed === undefined && !two) rows = { kind: 'single', why: 'the model does not run on two rows at once' };
  const pairs = async (part: readonly string[]): Promise<void> => {
    const one = await run([first![0]], part);
    const both = two ? await run(first!, part) : undefined;
    const longer = next === undefined ? undefined : await run([next], part);
    const farther =
      far === undefined
        ? undefined
        : await sizesOf(
            far,
            part.filter((name) => inSteps.has(name)),
          );
    const another =
      first![1] === first![0]
        ? undefined
        : await sizesOf(
            first![1],
            part.filter((name) => byValues.has(name)),
          );
    for (const name of part) {
      const seen = one.get(name)!;
      rowBytes += seen.values.byteLength;
      if (rowBytes > maxBytes)
        throw new ModelError({
          what: `the activations of one input take more than ${maxBytes} bytes`,
          where,
          hint: 'raise maxBytes, if the memory is there',
        });
      // only what the checks below need is kept
      looks.set(name, {
        one: seen,
        two: both?.get(name),
        others: [longer?.get(name), farther?.get(name)].filter((other) => other !== undefined),
      });
      const size = another?.get(name)?.dims ?? seen.dims;
      if (size.length !== seen.dims.length || size.some((one, axis) => one !== seen.dims[axis]))
        absent.set(name, 'its size depends on the values of the input');
      else settle(name);
    }
  };
  const sizesOf = async (input: ModelInput, wanted: readonly string[]): Promise<ReadonlyMap<string, Seen>> =>
    wanted.length === 0 ? new Map() : run([input], wanted);
  const places = new Map<string, TensorPlace>();
  const settle = (name: string): void => {
    const look = looks.get(name)!;
    looks.delete(name);
    const found = placeOf(name, look, rows, fixed ?? 1);
    if (typeof found === 'string') absent.set(name, found);
    else places.set(name, found);
  };
  // the answer first: it says whether rows change each other
  if (rows.kind === 'any' && alone !== undefined) rows = { kind: 'single', why: alone };
  if (rows.kind === 'any' && two) {
    const place = placeOf(answer, { one: before, two: answers.get(2), others: [] }, rows, 1);
    if (place === mixed) rows = { kind: 'single', why: 'rows of one batch change each other' };
  }
  for (let from = 0; from < names.length; from += atOnce) await pairs(names.slice(from, from + atOnce));
  const main =
    specs.find(({ filler, dims }) => filler === undefined && dims !== undefined && dims.length >= 2) ?? specs[0];
  const length = main?.dims?.[1];
  return {
    rows,
    places,
    absent,
    rowBytes: rowBytes / (fixed ?? 1),
    exampleSize: sizeOf(first[0]),
    // an exporter may call a length open and yet write it into the graph
    fixedLength:
      only ??
      (main?.dims?.length === 2 && !isFloat(main.type) && typeof length === 'number' && length > 1
        ? length
        : undefined),
    sequential: specs.every(({ dims }) => dims === undefined || dims.length <= 3),
  };
}
