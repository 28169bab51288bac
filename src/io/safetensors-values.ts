/** Values of a safetensors file, as float32. */
import { entriesOf } from '../shape.js';
import { halves } from './half.js';
import { fail, show, widths, type Entry } from './safetensors-header.js';

type Convert = (view: DataView, at: number) => number;

const half: Convert = (view, at) => halves()[view.getUint16(at, true)]!;
/** bfloat16: the upper half of a float32. */
const widen = new DataView(new ArrayBuffer(4));
const brain: Convert = (view, at) => {
  widen.setUint32(0, view.getUint16(at, true) << 16);
  return widen.getFloat32(0);
};

/** How to read a value, by dtype. */
const readers: Readonly<Record<string, Convert>> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: half,
  BF16: brain,
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  I32: (view, at) => view.getInt32(at, true),
  I16: (view, at) => view.getInt16(at, true),
  U64: (view, at) => Number(view.getBigUint64(at, true)),
  U32: (view, at) => view.getUint32(at, true),
  U16: (view, at) => view.getUint16(at, true),
  BOOL: (view, at) => view.getUint8(at),
};

export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export function convert(entry: Entry, bytes: Uint8Array, where: string): Float32Array {
  const { name, dtype, begin, end } = entry;
  const [width, read] = [widths[dtype]!, readers[dtype]!];
  const data = new Float32Array((end - begin) / width);
  if (dtype === 'F32' && littleEndian) {
    // a byte copy needs no alignment
    new Uint8Array(data.buffer).set(bytes.subarray(begin, end));
    return data;
  }
  if (width === 2 && littleEndian && dtype.endsWith('F16')) {
    // a copy where the bytes do not lie on even addresses
    const from = bytes.byteOffset + begin;
    const bits =
      from % 2 === 0
        ? new Uint16Array(bytes.buffer, from, data.length)
        : new Uint16Array(new Uint8Array(bytes.subarray(begin, end)).buffer);
    const words = new Uint32Array(data.buffer);
    const values = halves();
    if (dtype === 'BF16') for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
    else for (let i = 0; i < bits.length; i++) data[i] = values[bits[i]!]!;
    return data;
  }
  // every value of theirs is one of float32
  if (dtype === 'I8' || dtype === 'U8') {
    // not bytes.slice: of a Buffer that is no copy
    const own = bytes.subarray(begin, end);
    data.set(dtype === 'I8' ? new Int8Array(own.buffer, own.byteOffset, own.length) : own);
    return data;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + begin, end - begin);
  for (let i = 0; i < data.length; i++) {
    const value = read(view, i * width);
    data[i] = value;
    if (
      dtype === 'F64' ? Number.isFinite(value) && !Number.isFinite(data[i]) : /^[IU]/.test(dtype) && data[i] !== value
    ) {
      fail(
        where,
        `tensor ${show(name)} holds ${value} at ${i}, which float32 cannot hold`,
        'export the weights as F32',
      );
    }
    if (dtype === 'BOOL' && value > 1)
      fail(where, `tensor ${show(name)} of dtype BOOL holds the byte ${value} at ${i}`);
  }
  return data;
}

/** @throws FileError where tensors would take more memory as float32 than is allowed */
export function checkWidened(entries: readonly Entry[], most: number, where: string): void {
  const bytes = entries.reduce((sum, { shape }) => sum + 4 * entriesOf(shape), 0);
  if (bytes > most) {
    const what = entries.length === 1 ? `tensor ${show(entries[0]!.name)} takes` : 'the tensors take';
    fail(
      where,
      `${what} ${bytes} bytes as float32, more than the ${most} that are allowed`,
      'if the file is to be trusted, raise maxBytes where there is such an option; else split the file',
    );
  }
}
