/**
 * onnxruntime-node, wherever this code runs. Jest runs it in a sandbox with typed arrays of its own, which onnxruntime rejects; so the package
 * is loaded outside of the sandbox, and arrays cross its wall as views of the same memory.
 */
import type * as nodeModule from 'node:module';
import { runInThisContext } from 'node:vm';
import { BackendError, isCongruityError } from '../../../../errors.js';
import type { NumberType } from '../file/element-types.js';

export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayBufferView & ArrayLike<number | bigint>;
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputMetadata?: readonly { readonly name: string; readonly isTensor: boolean; readonly type?: string }[];
  run(feeds: Record<string, OrtTensor>, fetches: readonly string[]): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

interface Ort {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  readonly env?: { readonly versions?: { readonly node?: string; readonly common?: string } };
}

type ArrayName =
  | 'Float32Array'
  | 'Float64Array'
  | 'Int8Array'
  | 'Uint8Array'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'Uint32Array'
  | 'BigInt64Array'
  | 'BigUint64Array';
export type AnyArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;
type ArrayConstructor = new (buffer: ArrayBufferLike, offset: number, length: number) => AnyArray;

/** The arrays that hold a type: those of float16 hold its bits. */
const arrays: Readonly<Record<NumberType, ArrayName>> = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  float16: 'Uint16Array',
  int8: 'Int8Array',
  uint8: 'Uint8Array',
  int16: 'Int16Array',
  uint16: 'Uint16Array',
  int32: 'Int32Array',
  uint32: 'Uint32Array',
  int64: 'BigInt64Array',
  uint64: 'BigUint64Array',
  bool: 'Uint8Array',
};

const outside = runInThisContext('globalThis') as Record<ArrayName, ArrayConstructor> & { process?: NodeJS.Process };
const inside = globalThis as unknown as Record<ArrayName, ArrayConstructor>;
const sandboxed = (outside.Float32Array as unknown) !== Float32Array;

/** A zeroed array for values of a type. */
export const arrayFor = (type: NumberType, length: number): AnyArray =>
  new (inside[arrays[type]] as unknown as new (length: number) => AnyArray)(length);

const view = (
  from: Record<ArrayName, ArrayConstructor>,
  name: ArrayName,
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): AnyArray =>
  new from[name](
    buffer,
    byteOffset,
    byteLength / (from[name] as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT,
  );

let loaded: Promise<Ort> | undefined;

/** What keeps onnxruntime from sending usage data, in the environment of a process that loads it. */
export const silent = { ORT_DISABLE_TELEMETRY: '1' };

/**
 * Since 1.29 onnxruntime sends usage data: with its first session it reads the machine's id, writes files into the user's cache and the temporary folder, and some 20 seconds later looks up a host of
 * Microsoft. It asks the environment of the process whether it may. The `process` outside of Jest's sandbox writes there; that of a worker thread has a copy.
 * @throws BackendError in a worker thread of a process whose environment does not say so
 */
function silence(): void {
  const real = outside.process ?? process;
  const [[name, value]] = Object.entries(silent) as [[string, string]];
  if (real.env[name] === value) return;
  if (!real.getBuiltinModule('node:worker_threads').isMainThread)
    throw new BackendError({
      what: `onnxruntime-node sends usage data unless ${name}=${value} is in the environment of the process, and a worker thread cannot write there`,
      where: 'loadOnnx',
      hint: `start the process with ${name}=${value}, or set process.env.${name} = '${value}' in the main thread before the worker is started; under Jest, leave out workerThreads`,
    });
  real.env[name] = value;
}

async function importOrt(): Promise<Ort> {
  silence();
  if (!sandboxed || outside.process?.getBuiltinModule === undefined) {
    const ort = (await import('onnxruntime-node')) as unknown as Ort & { default?: Ort };
    return ort.InferenceSession ? ort : ort.default!;
  }
  // Jest's `require` knows where the package is; the one outside loads it
  const from = typeof require === 'function' ? require.resolve('onnxruntime-node') : `${process.cwd()}/package.json`;
  return outside.process.getBuiltinModule('node:module').createRequire(from)('onnxruntime-node') as Ort;
}

/** @throws BackendError where onnxruntime-node is not installed or does not load */
export function openOrt(): Promise<Ort> {
  loaded ??= importOrt().catch((cause: unknown) => {
    loaded = undefined;
    if (isCongruityError(cause)) throw cause;
    const missing = /Cannot find (module|package) 'onnxruntime-node'/.test(
      cause instanceof Error ? cause.message : String(cause),
    );
    throw new BackendError({
      what: missing
        ? 'ONNX models are run by onnxruntime-node, which is not installed'
        : `onnxruntime-node does not load: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: 'loadOnnx',
      hint: 'ONNXRUNTIME_NODE_INSTALL=skip npm install --save-dev onnxruntime-node  (without the variable its install script fetches CUDA libraries, which are not used here)',
      cause,
    });
  });
  return loaded;
}

export async function ortVersion(): Promise<string> {
  const { env } = await openOrt();
  return env?.versions?.node ?? env?.versions?.common ?? '';
}

/** Where onnxruntime-node was loaded from; undefined where that cannot be told. */
export async function ortPath(): Promise<string | undefined> {
  await openOrt();
  const { createRequire } = (outside.process?.getBuiltinModule?.('node:module') ??
    (await import('node:module'))) as typeof nodeModule;
  return Object.keys(createRequire(`${process.cwd()}/package.json`).cache).find((path) =>
    /[\\/]onnxruntime-node[\\/]dist[\\/]index\.js$/.test(path),
  );
}

/** How onnxruntime runs a graph. */
export interface SessionOptions {
  readonly threads: number;
  /** of the graph, by onnxruntime */
  readonly optimisation: 'all' | 'basic' | 'disabled';
}

export interface WeightFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/** onnxruntime here, or in another process. */
export interface Runtime {
  /** A session of a graph whose weights lie in other files. The error is onnxruntime's own. */
  createSession(model: Uint8Array, options: object, weights: readonly WeightFile[]): Promise<OrtSession>;
  /** A tensor for a session; it shares the array's memory. */
  tensor(type: NumberType, data: AnyArray, dims: readonly number[]): Promise<OrtTensor>;
}

export const sessionOptions = ({ threads, optimisation }: SessionOptions): object => ({
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: optimisation,
  logSeverityLevel: 4,
});

/** An array as onnxruntime takes it: the same memory, seen from outside the sandbox. */
export const outsideView = (data: ArrayBufferView, type: NumberType | 'Uint8Array'): OrtTensor['data'] & Uint8Array =>
  view(outside, type === 'Uint8Array' ? type : arrays[type], data) as unknown as OrtTensor['data'] & Uint8Array;

/** onnxruntime in this process. */
export const here: Runtime = {
  async createSession(model, options, weights) {
    const ort = await openOrt();
    const externalData = weights.map(({ path, data }) => ({ path, data: outsideView(data, 'Uint8Array') }));
    return ort.InferenceSession.create(outsideView(model, 'Uint8Array'), {
      ...options,
      ...(weights.length > 0 ? { externalData } : {}),
    });
  },
  async tensor(type, data, dims) {
    const ort = await openOrt();
    return new ort.Tensor(type, outsideView(data, type), [...dims]);
  },
};

/** What a session gave, as arrays of this side of the wall. */
export const valuesOf = (tensor: OrtTensor, type: NumberType): AnyArray => view(inside, arrays[type], tensor.data);
