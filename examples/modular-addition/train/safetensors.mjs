// Just enough of the safetensors format for these files: float32 tensors and string metadata.
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes float32 tensors.
 * @param {Record<string, {shape: number[], data: Float32Array}>} tensors
 * @param {Record<string, string>} metadata
 */
export function write(path, tensors, metadata) {
  const header = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += data.byteLength)] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, 0x20)]); // data starts 8-byte aligned
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const body = Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(path, Buffer.concat([length, padded, ...body]));
}

/** Reads float32 tensors that this script (or another honest one) wrote; the library's own loader is the one that distrusts. */
export function read(path) {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(file.subarray(8, start).toString());
  const tensors = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of Object.entries(entries)) {
    if (dtype !== 'F32') throw new Error(`${path}: ${name} is ${dtype}, expected F32`);
    tensors[name] = { shape, data: new Float32Array(new Uint8Array(file.subarray(start + from, start + to)).buffer) };
  }
  return { tensors, metadata };
}
