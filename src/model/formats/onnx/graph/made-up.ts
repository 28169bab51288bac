/** Inputs for the first runs: made up, or an example in other sizes. */
import {
  isTensorValue,
  isTokens,
  type ModelInput,
  type NamedInputs,
  type TensorValue,
  type Tokens,
} from '../../../input.js';
import { entriesOf } from '../../../../shape.js';
import type { InputSpec } from './inputs.js';
import { isFloat } from '../file/element-types.js';

/** Lengths to try, two by two: networks with many strides need a longer input than others. */
export const lengths: readonly (readonly [number, number])[] = [
  [5, 7],
  [16, 18],
  [32, 40],
  [64, 80],
  [224, 256],
];
/** Values in the largest tensor of an input. */
export const sizeOf = (input: ModelInput): number =>
  isTokens(input)
    ? input.length
    : isTensorValue(input)
      ? input.data.length
      : Math.max(...Object.values(input).map(sizeOf));

/**
 * Token ids below these are tried, in turn: with 0 and 1 alone a network may see so little that its normalisations amplify rounding, but every table
 * has those two.
 */
export const idsToTry = [256, 2, 1];

/** Values that tell rows and positions apart; token ids below `most`. */
export function madeUp(specs: readonly InputSpec[], length: number, row: number, most: number): NamedInputs {
  return Object.fromEntries(
    specs.map(({ name, type, dims, filler, vocabulary }): [string, TensorValue] => {
      const shape = (dims ?? [0, 'length']).slice(1).map((size) => (typeof size === 'number' ? size : length));
      const count = entriesOf(shape);
      const ids = vocabulary !== undefined && vocabulary < most ? vocabulary : most;
      const value = (i: number): number => {
        // a number without axes is one for all rows
        const noise = Math.abs(Math.sin(1 + i * 12.9898 + (dims?.length === 0 ? 0 : row) * 78.233));
        if (filler) return { ones: 1, zeros: 0, positions: i }[filler];
        if (isFloat(type)) return noise;
        return type === 'bool' ? 1 : Math.floor(noise * 1000) % ids;
      };
      return [name, { shape, data: Float64Array.from({ length: count }, (_, i) => value(i)) }];
    }),
  );
}

/** The same input with axes of other sizes, where the model leaves them open: repeated, or cut off. Undefined where that changes nothing. */
export function resized(
  example: ModelInput,
  specs: readonly InputSpec[],
  to: (size: number) => number,
): ModelInput | undefined {
  let changed = false;
  const one = (value: Tokens | TensorValue, spec: InputSpec | undefined): Tokens | TensorValue => {
    const shape = isTokens(value) ? [value.length] : value.shape;
    const open = (axis: number): boolean =>
      spec?.dims === undefined ? axis === 0 : typeof spec.dims[axis + 1] !== 'number';
    const wanted = shape.map((size, axis) => (open(axis) ? Math.max(1, to(size)) : size));
    if (wanted.every((size, axis) => size === shape[axis])) return value;
    changed = true;
    const from: ArrayLike<number | bigint> = isTokens(value) ? value : value.data;
    const data = Array.from({ length: entriesOf(wanted) }, (_, i) => {
      let at = 0;
      let rest = i;
      let stride = 1;
      for (let axis = wanted.length - 1; axis >= 0; axis--) {
        at += ((rest % wanted[axis]!) % shape[axis]!) * stride;
        rest = Math.floor(rest / wanted[axis]!);
        stride *= shape[axis]!;
      }
      return from[at]!;
    });
    return isTokens(value) ? (data as number[]) : { shape: wanted, data: data as number[] };
  };
  const main = specs.find(({ filler }) => filler === undefined) ?? specs[0];
  const made =
    isTokens(example) || isTensorValue(example)
      ? one(example, main)
      : Object.fromEntries(
          Object.entries(example).map(([name, value]) => [
            name,
            one(
              value,
              specs.find((spec) => spec.name === name),
            ),
          ]),
        );
  return changed ? (made as ModelInput) : undefined;
}

/**
 * Lengths much larger than one that the graph runs on, the first of which that it runs on as well is looked at: a network that takes steps of 64 makes one entry of 5 as of 7. Those of images grow by
 * two axes.
 */
export const farFrom = (length: number, image: boolean): readonly number[] =>
  image ? [length < 200 ? 3 * length : 2 * length] : [257, 129, 65, 33, 17].filter((far) => far > 2 * length);
