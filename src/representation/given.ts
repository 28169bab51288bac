/** Representations that come from anywhere: rows of numbers, typed arrays, Grams, .npy and .safetensors files. */
import { FileError, RepresentationError } from '../errors.js';
import { openSafetensors } from '../io/safetensors.js';
import { suggest } from '../options.js';
import { centreGram, gramOf, type Gram, type Rows } from './gram.js';
import { readNpy } from '../io/npy.js';

/** Features of one implementation over the inputs: rows of numbers (a row for each input), row-major data with a shape, or a ready-made Gram matrix of inputs. */
export type GivenRepresentation =
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly [n: number, p: number] }
  | Gram;

/** A matrix from a file: a GivenRepresentation that knows where it is from. */
export interface FileRepresentation extends Rows {
  /** the file, and the tensor where it holds several */
  readonly name: string;
}

const isNumbers = (value: unknown): value is ArrayLike<number> =>
  (Array.isArray(value) && value.every((x) => typeof x === 'number')) ||
  (ArrayBuffer.isView(value) && !(Object.prototype.toString.call(value) === '[object DataView]'));

/** anything of numbers as floats; what is float32 stays so */
function floats(values: ArrayLike<number>, where: string): Float32Array | Float64Array {
  const kind = Object.prototype.toString.call(values);
  if (kind === '[object Float32Array]' || kind === '[object Float64Array]')
    return values as Float32Array | Float64Array;
  if (kind.startsWith('[object Big'))
    throw new RepresentationError({
      what: 'The representation is of big integers, not of numbers.',
      where,
      hint: 'convert it to a Float64Array',
    });
  return Float64Array.from(values);
}

function rowsOf(given: readonly ArrayLike<number>[], where: string): Rows {
  const p = given[0]?.length ?? 0;
  const data = new Float64Array(given.length * p);
  given.forEach((row, i) => {
    if (!isNumbers(row))
      throw new RepresentationError({
        what: `Row ${i} is not a list of numbers.`,
        where,
        hint: 'give a row of numbers for each input',
      });
    if (row.length !== p)
      throw new RepresentationError({
        what: `Row ${i} has ${row.length} features, row 0 has ${p}.`,
        where,
        hint: 'give every input the same features',
      });
    data.set(floats(row, where), i * p);
  });
  return { data, shape: [given.length, p] };
}

/** A Gram over the inputs as given, features centred. */
function gramAsGiven({ n, data }: Gram, where: string): Gram {
  if (!Number.isInteger(n) || n < 2 || !isNumbers(data) || data.length !== n * n) {
    throw new RepresentationError({
      what: `A Gram of ${n} inputs has ${data?.length} values, not n x n with n of at least 2.`,
      where,
    });
  }
  const values = floats(data, where);
  let size = 0;
  for (let i = 0; i < n; i++) size += Math.abs(values[i * n + i]!) / n;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      // written so that NaN fails
      if (!(Math.abs(values[i * n + j]! - values[j * n + i]!) <= 1e-6 * size))
        throw new RepresentationError({ what: `The Gram is not symmetric and finite at (${i}, ${j}).`, where });
    }
  }
  return centreGram({ n, data: Float64Array.from(values) });
}

/**
 * The Gram of a representation that was given directly.
 * @param where what messages call it
 * @throws RepresentationError for what is no matrix of finite numbers with two rows and a column at least, or is constant over the inputs
 */
export function gramOfGiven(given: GivenRepresentation, where: string): Gram {
  if (typeof given !== 'object' || given === null)
    throw new RepresentationError({
      what: `A ${typeof given} is no representation.`,
      where,
      hint: 'give rows of numbers, { data, shape } or a Gram',
    });
  if (Array.isArray(given)) return gramOf(rowsOf(given as readonly ArrayLike<number>[], where), { where });
  if ('shape' in given) {
    const { shape, data } = given;
    if (
      !Array.isArray(shape) ||
      shape.length !== 2 ||
      !shape.every((count) => Number.isSafeInteger(count) && count >= 0) ||
      !isNumbers(data)
    ) {
      throw new RepresentationError({
        what: `A representation has two axes, inputs and features, not the shape [${Array.isArray(shape) ? shape.join(', ') : String(shape)}].`,
        where,
        hint: 'average over positions, take one, or flatten what belongs to an input into one row',
      });
    }
    return gramOf({ data: floats(data, where), shape: [shape[0]!, shape[1]!] }, { where });
  }
  if ('n' in given && 'data' in given) return gramAsGiven(given, where);
  throw new RepresentationError({
    what: 'An object without data and shape is no representation.',
    where,
    hint: 'give rows of numbers, { data, shape } or a Gram',
  });
}

const twoAxes = (shape: readonly number[]): shape is readonly [number, number] => shape.length === 2;

/**
 * Matrices of features, a row for each input, from a file: `.npy` holds one, `.safetensors` any number, in order of name unless `tensors` names some. Values come out as float32
 * (of a .npy in float64, as float64).
 * @throws FileError where the file is missing, damaged or of another kind, or a tensor is not there or has not two axes
 */
export async function readRepresentations(
  path: string,
  options: { readonly tensors?: readonly string[] } = {},
): Promise<FileRepresentation[]> {
  const flat = (name: string, shape: readonly number[]): readonly [number, number] => {
    if (!twoAxes(shape))
      throw new FileError({
        what: `the array has the shape [${shape.join(', ')}], not two axes, inputs and features`,
        where: name,
        hint: 'reshape it to [inputs, features] and save it again',
      });
    return shape;
  };
  if (path.endsWith('.npy')) {
    if (options.tensors)
      throw new FileError({ what: 'a .npy file has one array and no names', where: path, hint: 'leave `tensors` out' });
    const { data, shape } = await readNpy(path);
    return [{ name: path, data, shape: flat(path, shape) }];
  }
  if (!path.endsWith('.safetensors'))
    throw new FileError({
      what: 'representations are read from .npy and .safetensors files',
      where: path,
      hint: 'save it as one of these',
    });
  const file = await openSafetensors(path);
  try {
    const known = [...file.entries.keys()].sort();
    const wanted = options.tensors ?? known;
    if (wanted.length === 0) throw new FileError({ what: 'the file holds no tensor', where: path });
    const found: FileRepresentation[] = [];
    for (const name of wanted) {
      const entry = file.entries.get(name);
      if (!entry)
        throw new FileError({
          what: `the file has no tensor ${JSON.stringify(name)}`,
          where: path,
          hint: suggest(name, known),
        });
      const where = `${path}, ${name}`;
      const shape = flat(where, entry.shape);
      found.push({ name: where, data: (await file.read(name)).data, shape });
    }
    return found;
  } finally {
    await file.close();
  }
}
