/** Tensors of an ONNX file: counted and measured, not copied. */
import type { Field, Reader } from '../../../../io/protobuf-wire.js';
import { elementType } from './element-types.js';
import { spanOf, show, type OnnxFile, type Span, type TensorProto } from './messages.js';

/** axes of a tensor */
export const mostAxes = 64;
/** tensors up to this many values are looked into, where they are int64 */
const fewValues = 64;

export function readSparseTensor(reader: Reader, field: Field, what: string): OnnxFile['sparse'][number] {
  const span = spanOf(reader, field, what);
  const dims: bigint[] = [];
  let values: TensorProto | undefined;
  let indices: TensorProto | undefined;
  for (const entry of reader.fields(span.from, span.to, what)) {
    if (entry.number === 1) values = readTensor(reader, spanOf(reader, entry, what), `the values of ${what}`);
    else if (entry.number === 2) indices = readTensor(reader, spanOf(reader, entry, what), `the indices of ${what}`);
    else if (entry.number === 3) reader.ints(entry, what, dims, mostAxes);
  }
  if (!values || !indices) return reader.fail(`${what} has no ${values ? 'indices' : 'values'}`);
  const count = countOf(reader, dims, what);
  const length = values.dims.length === 1 ? values.dims[0]! : -1;
  const flat = indices.dims.length === 1 && indices.dims[0] === length;
  const rows = indices.dims.length === 2 && indices.dims[0] === length && indices.dims[1] === dims.length;
  if (indices.type !== 7 || (!flat && !rows) || indices.external || values.external)
    reader.fail(`${what} has indices that do not fit its values`);
  if (length > count) reader.fail(`${what} has ${length} values for a shape of ${count}`);
  return { name: values.name, bytes: Math.ceil((count * (elementType(values.type)?.bits ?? 8)) / 8), span };
}

function countOf(reader: Reader, dims: readonly bigint[], what: string): number {
  let count = 1n;
  for (const size of dims) {
    if (size < 0n) reader.fail(`${what} has the negative size ${size}`);
    count *= size;
  }
  // an axis of size 0 hides the others from the product, not from whoever multiplies them one by one
  if (dims.reduce((a, b) => a * (b === 0n ? 1n : b), 1n) > BigInt(Number.MAX_SAFE_INTEGER) / 128n)
    reader.fail(`${what} has the shape [${dims.join(', ')}]: more values than can be counted`);
  return Number(count);
}

export function readTensor(reader: Reader, span: Span, what: string): TensorProto {
  const dims: bigint[] = [];
  let type = 0;
  let name = '';
  let raw: Span | undefined;
  let location = 0;
  let segment = false;
  const external = new Map<string, string>();
  const counts: Record<string, number> = {};
  let varints: bigint[] | undefined;
  const add = (kind: string, count: number) => (counts[kind] = (counts[kind] ?? 0) + count);
  for (const entry of reader.fields(span.from, span.to, what)) {
    switch (entry.number) {
      case 1:
        reader.ints(entry, what, dims, mostAxes);
        break;
      case 2:
        type = reader.int(entry, what);
        break;
      case 3:
        segment = true;
        break;
      case 4:
        add('float_data', reader.count(entry, 4, what));
        break;
      case 5:
        add('int32_data', reader.count(entry, 0, what));
        break;
      case 6:
        reader.payload(entry, what);
        add('string_data', 1);
        break;
      case 7: {
        const count = add('int64_data', reader.count(entry, 0, what));
        if (count <= fewValues) reader.ints(entry, what, (varints ??= []));
        break;
      }
      case 8:
        name = reader.string(entry, what);
        break;
      case 9:
        raw = spanOf(reader, entry, what);
        break;
      case 10:
        add('double_data', reader.count(entry, 8, what));
        break;
      case 11:
        add('uint64_data', reader.count(entry, 0, what));
        break;
      case 13: {
        const [key, value] = readPair(reader, entry, what);
        external.set(key, value);
        break;
      }
      case 14:
        location = reader.int(entry, what);
        break;
      default:
    }
  }
  const called = name === '' ? what : `${what}, ${show(name)},`;
  const element = elementType(type);
  if (element === undefined) return reader.fail(`${called} has the unknown element type ${type}`);
  if (segment)
    reader.fail(
      `${called} is one segment of several`,
      'segments are not supported, nor written by any exporter known: export the model anew',
    );
  const count = countOf(reader, dims, called);
  const shape = dims.map(Number);
  const bytes = Math.ceil((count * element.bits) / 8);
  if (location !== 0 && location !== 1) reader.fail(`${called} has its values in the unknown place ${location}`);
  const held = Object.keys(counts);
  if (location === 1) {
    if (raw || held.length > 0) reader.fail(`${called} has values both here and in another file`);
    if (type === 8) reader.fail(`${called} is text in another file`);
    return {
      name,
      dims: shape,
      type,
      bytes,
      raw: undefined,
      external: readPlace(reader, external, bytes, called),
      span,
      ints: undefined,
    };
  }
  if (held.length > 1 || (raw && held.length > 0))
    reader.fail(`${called} holds its values twice: ${[...(raw ? ['raw_data'] : []), ...held].join(', ')}`);
  if (raw) {
    if (type === 8) reader.fail(`${called} is text in raw bytes`);
    if (raw.to - raw.from !== bytes)
      reader.fail(
        `${called} of shape [${shape.join(', ')}] and type ${element.name} takes ${bytes} bytes, but has ${raw.to - raw.from}`,
      );
  } else if (held.length === 0) {
    if (count > 0) reader.fail(`${called} of shape [${shape.join(', ')}] has no values`);
  } else {
    const field = held[0]!;
    if (field !== element.field) reader.fail(`${called} of type ${element.name} has its values in ${field}`);
    const parts = type === 14 || type === 15 ? 2 : 1;
    const expected = element.bits > 0 && element.bits < 8 ? Math.ceil((count * element.bits) / 8) : count * parts;
    if (counts[field] !== expected)
      reader.fail(`${called} of shape [${shape.join(', ')}] takes ${expected} values, but has ${counts[field]}`);
  }
  return {
    name,
    dims: shape,
    type,
    bytes,
    raw,
    external: undefined,
    span,
    ints: type === 7 && count <= fewValues ? readInts(reader, raw, varints) : undefined,
  };
}

function readInts(reader: Reader, raw: Span | undefined, varints: readonly bigint[] | undefined): readonly bigint[] {
  if (!raw) return varints ?? [];
  const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset + raw.from, raw.to - raw.from);
  return Array.from({ length: view.byteLength / 8 }, (_, i) => view.getBigInt64(8 * i, true));
}

function readPair(reader: Reader, field: Field, what: string): [string, string] {
  const { from, to } = spanOf(reader, field, what);
  let key = '';
  let value = '';
  for (const entry of reader.fields(from, to, what)) {
    if (entry.number === 1) key = reader.string(entry, what);
    else if (entry.number === 2) value = reader.string(entry, what);
  }
  return [key, value];
}

function readPlace(
  reader: Reader,
  entries: ReadonlyMap<string, string>,
  bytes: number,
  called: string,
): NonNullable<TensorProto['external']> {
  const location = entries.get('location');
  if (location === undefined || location === '')
    return reader.fail(`${called} has its values in another file, but does not say in which`);
  const number = (key: string, missing: number): number => {
    const text = entries.get(key);
    if (text === undefined) return missing;
    const value = Number(text);
    return /^\d{1,16}$/.test(text) && Number.isSafeInteger(value)
      ? value
      : reader.fail(`${called} has its values at the ${key} ${show(text)} of another file, which is no count`);
  };
  const offset = number('offset', 0);
  const length = number('length', bytes);
  if (length !== bytes) reader.fail(`${called} takes ${bytes} bytes, but ${length} in ${show(location)}`);
  return { location, offset, length };
}
