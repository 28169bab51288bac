/** What a function of the user is asked and what it answers, which is read as if nothing in it were true. */
import { ModelError } from '../errors.js';
import { entriesOf } from '../shape.js';
import { inWords as valueInWords, type ModelInput } from './input.js';
import type { SitePatch } from './replacement.js';

/** Values of any number type, row-major, batch first. */
export interface Returned {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What the function is asked: one forward pass over rows of equal size. */
export interface FunctionRequest {
  readonly inputs: readonly ModelInput[];
  /** sites whose activations are wanted, after the patch where there is one */
  readonly capture: readonly string[];
  /**
   * At most one per site. The pass puts the values into the site's activation, where the mask is 1 or, without a mask, everywhere, and goes on with
   * that; `applyPatch` does it in place. Shape, mask and values are those of the whole activation, batch first, row-major.
   */
  readonly patches: readonly SitePatch[];
  /** false: nobody will look at the logits */
  readonly logits: boolean;
}

/** What a function that is a model returns. */
export interface FunctionAnswer {
  /** [rows, classes] or [rows, positions, classes]: what softmax makes probabilities of */
  readonly logits?: Returned | undefined;
  /** [rows, ...site] for every site that was asked for, by its name */
  readonly activations: Readonly<Record<string, Returned>> | ReadonlyMap<string, Returned>;
}

export const valueOf = (activations: FunctionAnswer['activations'], site: string): Returned | undefined => {
  if (typeof (activations as ReadonlyMap<string, Returned>).get === 'function')
    return (activations as ReadonlyMap<string, Returned>).get(site);
  return Object.hasOwn(activations, site) ? (activations as Readonly<Record<string, Returned>>)[site] : undefined;
};

const inWords = (shape: readonly number[]): string =>
  `[${shape.map((size) => (size === -1 ? 'any' : size)).join(', ')}]`;

/** What one answer must be; the name of the model goes before every message. */
export class AnswerChecker {
  constructor(private readonly model: string) {}

  fail(what: string, hint: string, cause?: unknown): never {
    throw new ModelError({ what, where: `model ${this.model}`, hint, cause });
  }

  /** @param expected batch first; -1 for any size; undefined for logits */
  array(
    given: unknown,
    what: string,
    rows: number,
    expected: readonly number[] | undefined,
  ): { shape: readonly number[]; data: Float32Array } {
    if (given === undefined || given === null)
      this.fail(
        `the function gave nothing for ${what}`,
        'return every site that the request names, and logits unless it says false',
      );
    const { shape, data } = given as { shape?: unknown; data?: unknown };
    if (
      !Array.isArray(shape) ||
      !shape.every((size) => Number.isSafeInteger(size) && size >= 0) ||
      typeof (data as ArrayLike<number> | undefined)?.length !== 'number'
    )
      this.fail(
        `what the function gave for ${what} is not { shape, data }`,
        'return { shape: [rows, ...], data: values in row-major order }',
      );
    const sizes = shape as readonly number[];
    const values = data as ArrayLike<number>;
    if (
      expected === undefined
        ? sizes[0] !== rows || sizes.length < 2 || sizes.length > 3 || sizes.at(-1) === 0
        : sizes.length !== expected.length || expected.some((size, axis) => size !== -1 && size !== sizes[axis])
    )
      this.fail(
        `the function gave ${what} the shape [${sizes.join(', ')}] instead of ${expected === undefined ? `[${rows}, classes] or [${rows}, positions, classes]` : inWords(expected)}`,
        'activations are row-major, batch first, of the shape that the site declares',
      );
    const count = entriesOf(sizes);
    if (values.length !== count)
      this.fail(
        `the function gave ${what} the shape [${sizes.join(', ')}] with ${values.length} values instead of ${count}`,
        'return one value for every place of the shape',
      );
    const copy = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (typeof value !== 'number')
        this.fail(
          `the function gave ${what} ${typeof value === 'string' ? JSON.stringify(value) : valueInWords(value)} at ${i} instead of a number`,
          'return numbers',
        );
      copy[i] = value as number;
    }
    return { shape: sizes, data: copy };
  }

  /** A function that passes over a patch would let every intervention look harmless. Rounding to half precision is let through. */
  patched({ site, mask, values }: SitePatch, { data }: { data: Float32Array }): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (
        (mask === undefined || mask[i]) &&
        !Object.is(data[i], value) &&
        !(Math.abs(data[i]! - value) <= 1e-2 * (1e-3 + Math.abs(value)))
      )
        this.fail(
          `the function was to put ${value} into ${site} at ${i}, but says that ${data[i]} is there`,
          'apply every patch of the request before going on, and capture what is there afterwards',
        );
    }
  }
}
