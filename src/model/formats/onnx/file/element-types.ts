/** Element types of ONNX tensors: TensorProto.DataType. */

export interface ElementType {
  readonly code: number;
  readonly name: string;
  readonly bits: number;
  /** the field of TensorProto that holds its values where they are not raw bytes */
  readonly field: 'float_data' | 'int32_data' | 'int64_data' | 'double_data' | 'uint64_data' | 'string_data';
}

const list: readonly (readonly [code: number, name: string, bits: number, field: ElementType['field']])[] = [
  [1, 'float32', 32, 'float_data'],
  [2, 'uint8', 8, 'int32_data'],
  [3, 'int8', 8, 'int32_data'],
  [4, 'uint16', 16, 'int32_data'],
  [5, 'int16', 16, 'int32_data'],
  [6, 'int32', 32, 'int32_data'],
  [7, 'int64', 64, 'int64_data'],
  [8, 'string', 0, 'string_data'],
  [9, 'bool', 8, 'int32_data'],
  [10, 'float16', 16, 'int32_data'],
  [11, 'float64', 64, 'double_data'],
  [12, 'uint32', 32, 'uint64_data'],
  [13, 'uint64', 64, 'uint64_data'],
  [14, 'complex64', 64, 'float_data'],
  [15, 'complex128', 128, 'double_data'],
  [16, 'bfloat16', 16, 'int32_data'],
  [17, 'float8e4m3fn', 8, 'int32_data'],
  [18, 'float8e4m3fnuz', 8, 'int32_data'],
  [19, 'float8e5m2', 8, 'int32_data'],
  [20, 'float8e5m2fnuz', 8, 'int32_data'],
  [21, 'uint4', 4, 'int32_data'],
  [22, 'int4', 4, 'int32_data'],
  [23, 'float4e2m1', 4, 'int32_data'],
  [24, 'float8e8m0', 8, 'int32_data'],
  [25, 'uint2', 2, 'int32_data'],
  [26, 'int2', 2, 'int32_data'],
];

const byCode = new Map(
  list.map(([code, name, bits, field]) => [code, { code, name, bits, field } satisfies ElementType]),
);

/** Undefined for a code that is not in the format. */
export const elementType = (code: number): ElementType | undefined => byCode.get(code);
export const typeName = (code: number): string => byCode.get(code)?.name ?? `type ${code}`;

/** Numbers that onnxruntime-node can take and give: what sites and inputs may be. */
export type NumberType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

const numbers: readonly string[] = [
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
];
export const isNumberType = (name: string): name is NumberType => numbers.includes(name);
export const codeOf = (name: NumberType): number => list.find(([, other]) => other === name)![0];
export const isFloat = (type: NumberType): boolean => type.startsWith('float');

/** [smallest, largest] of an integer type. */
export const ranges: Readonly<Partial<Record<NumberType, readonly [number, number]>>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  // what JavaScript can hold without loss
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  bool: [0, 1],
};
