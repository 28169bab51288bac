/** Small ONNX files, also impossible ones, from TypeScript. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { intField, join as joined, messageField, stringField, type Pieces } from '../../../../src/io/protobuf-wire.js';

export type Bytes = Pieces;

export const types = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, string: 8, bool: 9, float16: 10 } as const;

const raw = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** An attribute: an integer, integers, a text, a tensor or a graph. */
export function attribute(
  name: string,
  value: number | bigint | readonly (number | bigint)[] | string | { tensor: Bytes } | { graph: Bytes },
): Bytes {
  const own: Bytes = stringField(1, name);
  if (typeof value === 'number' || typeof value === 'bigint') own.push(intField(3, value), intField(20, 2));
  else if (typeof value === 'string') own.push(...stringField(4, value), intField(20, 3));
  else if (Array.isArray(value)) own.push(...(value as number[]).map((one) => intField(8, one)), intField(20, 7));
  else if ('tensor' in value) own.push(...messageField(5, value.tensor), intField(20, 4));
  else own.push(...messageField(6, (value as { graph: Bytes }).graph), intField(20, 5));
  return own;
}

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { attributes = [], domain = '', name = '' }: { attributes?: readonly Bytes[]; domain?: string; name?: string } = {},
): Bytes => [
  ...inputs.flatMap((input) => stringField(1, input)),
  ...outputs.flatMap((output) => stringField(2, output)),
  ...(name ? stringField(3, name) : []),
  ...stringField(4, op),
  ...attributes.flatMap((one) => messageField(5, one)),
  ...(domain ? stringField(7, domain) : []),
];

export const tensor = (
  name: string,
  dims: readonly (number | bigint)[],
  type: number,
  data: ArrayBufferView | undefined,
  more: Bytes = [],
): Bytes => [
  ...dims.map((size) => intField(1, size)),
  intField(2, type),
  ...stringField(8, name),
  ...(data ? messageField(9, [raw(data)]) : []),
  ...more,
];

/** Weights in another file. */
export const external = (name: string, dims: readonly number[], entries: Readonly<Record<string, string>>): Bytes =>
  tensor(name, dims, types.float, undefined, [
    ...Object.entries(entries).flatMap(([key, value]) =>
      messageField(13, [...stringField(1, key), ...stringField(2, value)]),
    ),
    intField(14, 1),
  ]);

export const value = (name: string, type: number, dims?: readonly (number | string)[]): Bytes => [
  ...stringField(1, name),
  ...messageField(
    2,
    messageField(1, [
      intField(1, type),
      ...(dims
        ? messageField(
            2,
            dims.flatMap((size) =>
              messageField(1, typeof size === 'number' ? [intField(1, size)] : stringField(2, size)),
            ),
          )
        : []),
    ]),
  ),
];

export interface GraphParts {
  readonly nodes: readonly Bytes[];
  readonly initializers?: readonly Bytes[];
  readonly inputs?: readonly Bytes[];
  readonly outputs?: readonly Bytes[];
}

export const graph = ({
  nodes,
  initializers = [],
  inputs = [value('x', types.float, ['batch', 3])],
  outputs = [value('y', types.float)],
}: GraphParts): Bytes => [
  ...nodes.flatMap((one) => messageField(1, one)),
  ...stringField(2, 'built'),
  ...initializers.flatMap((one) => messageField(5, one)),
  ...inputs.flatMap((one) => messageField(11, one)),
  ...outputs.flatMap((one) => messageField(12, one)),
];

export interface ModelParts {
  readonly opset?: number;
  readonly domains?: readonly string[];
  readonly functions?: readonly Bytes[];
  readonly graphs?: readonly Bytes[];
}

export const model = (
  parts: GraphParts,
  { opset = 17, domains = [], functions = [], graphs }: ModelParts = {},
): Uint8Array =>
  joined([
    intField(1, 8),
    ...messageField(8, [...stringField(1, ''), intField(2, opset)]),
    ...domains.flatMap((domain) => messageField(8, [...stringField(1, domain), intField(2, 1)])),
    ...(graphs ?? [graph(parts)]).flatMap((one) => messageField(7, one)),
    ...functions.flatMap((one) => messageField(25, one)),
  ]);

export const localFunction = (name: string, nodes: readonly Bytes[]): Bytes => [
  ...stringField(1, name),
  ...stringField(4, 'a'),
  ...stringField(5, 'b'),
  ...nodes.flatMap((one) => messageField(7, one)),
  ...stringField(10, 'local'),
];

const made: string[] = [];
afterAll(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** A file in a folder of its own, inside another of its own; both are gone after the tests. */
export function written(bytes: Uint8Array, name = 'model.onnx'): string {
  const around = mkdtempSync(join(tmpdir(), 'congruity-onnx-'));
  made.push(around);
  const path = join(around, 'model', name);
  mkdirSync(join(around, 'model'));
  writeFileSync(path, bytes);
  return path;
}
