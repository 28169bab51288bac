/** A repair of the matrix products of the tfjs wasm backend: slow ones, and one that is wrong. */
import * as tf from '@tensorflow/tfjs-core';
import { repair } from './wasm-repair.js';
import { stackedProducts } from './wasm-stacks.js';

type Call = Parameters<tf.KernelFunc>[0];
type Flags = { readonly transposeA: boolean; readonly transposeB: boolean };

const batchOf = ({ shape }: tf.TensorInfo): number => tf.util.sizeFromShape(shape.slice(0, -2));

/** The same values under another shape. */
const as = (x: tf.TensorInfo, shape: number[]): tf.TensorInfo => ({ dataId: x.dataId, dtype: x.dtype, shape });

const run = (
  name: string,
  inputs: tf.NamedTensorInfoMap,
  backend: Call['backend'],
  attrs: object = {},
): tf.TensorInfo =>
  tf.getKernel(name, 'wasm').kernelFunc({ inputs, backend, attrs: attrs as tf.NamedAttrMap }) as tf.TensorInfo;

/** What follows a fused product, by the name of its activation. */
const activations: Readonly<Record<string, string>> = { relu: 'Relu', relu6: 'Relu6', elu: 'Elu', sigmoid: 'Sigmoid' };

/** Two stacks of matrices, where both are more than one matrix or the first is one: by our own kernel if it can. */
function stacks(call: Call, product: tf.KernelFunc): tf.TensorInfo {
  const { inputs, backend } = call;
  const { transposeA, transposeB } = call.attrs as unknown as Flags;
  const a = inputs.a!;
  const b = inputs.b!;
  const lead = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const count = tf.util.sizeFromShape(lead);
  const simple = [a, b].every((x) => x.dtype === 'float32' && [1, count].includes(batchOf(x)));
  const fits = a.shape.at(transposeA ? -2 : -1) === b.shape.at(transposeB ? -1 : -2);
  return (
    (simple && fits ? stackedProducts(a, b, transposeA, transposeB, lead, backend) : undefined) ??
    (product(call) as tf.TensorInfo)
  );
}

/** The same with what is fused to it, each by a kernel of its own. */
function fusedStacks({ inputs, backend, attrs }: Call): tf.TensorInfo {
  const { bias, preluActivationWeights: alpha } = inputs;
  const { activation, leakyreluAlpha } = attrs as unknown as { activation?: string | null; leakyreluAlpha?: number };
  let x = run('BatchMatMul', { a: inputs.a!, b: inputs.b! }, backend, attrs);
  const then = (name: string, others: tf.NamedTensorInfoMap = {}, own: object = {}): void => {
    const next = run(name, { [name === 'Add' ? 'a' : 'x']: x, ...others }, backend, own);
    (backend as tf.KernelBackend).disposeData(x.dataId);
    x = next;
  };
  if (bias) then('Add', { b: bias });
  if (activation === 'leakyrelu') then('LeakyRelu', {}, { alpha: leakyreluAlpha ?? 0.2 });
  else if (activation === 'prelu') then('Prelu', { alpha: alpha! });
  else if (activation && activation !== 'linear') then(activations[activation]!);
  return x;
}

/**
 * tfjs 4.22's wasm kernels are fast only for untransposed products of one matrix with one matrix. So
 *
 * - where neither operand is a real batch, transpose explicitly and multiply without flags;
 * - a batch of matrices times one matrix, [B, S, D] x [1, D, M], is one product of [B S, D] with [D, M];
 * - other batches go to a kernel of our own.
 *
 * And `_FusedMatMul` gives wrong numbers for a batch with a bias: there bias and activation are applied by their own kernels. Values are otherwise unchanged up to float32 rounding.
 */
function wrapped(name: string, product: tf.KernelFunc): (call: Call) => tf.TensorInfo {
  return (call) => {
    const { inputs, backend } = call;
    const { transposeA, transposeB } = call.attrs as unknown as Flags;
    const a = inputs.a!;
    const b = inputs.b!;
    if (batchOf(b) !== 1) return name === '_FusedMatMul' ? fusedStacks(call) : stacks(call, product);
    const single = batchOf(a) === 1;
    if (single && !transposeA && !transposeB) return product(call) as tf.TensorInfo;
    const temporary: tf.TensorInfo[] = [];
    /** The last two axes swapped, if the flag says so. */
    const turned = (x: tf.TensorInfo, flag: boolean): tf.TensorInfo => {
      if (!flag) return x;
      const rank = x.shape.length;
      const t = run('Transpose', { x }, backend, { perm: [...Array(rank - 2).keys(), rank - 1, rank - 2] });
      temporary.push(t);
      return t;
    };
    const multiply = (x: tf.TensorInfo, y: tf.TensorInfo): tf.TensorInfo =>
      product({
        inputs: { ...inputs, a: x, b: y },
        backend,
        attrs: { ...call.attrs, transposeA: false, transposeB: false } as tf.NamedAttrMap,
      }) as tf.TensorInfo;
    try {
      const left = turned(a, transposeA);
      const right = turned(b, transposeB);
      if (single) return multiply(left, right);
      const [depth, columns] = right.shape.slice(-2) as [number, number];
      const rows = left.shape.at(-2)!;
      const flat = multiply(as(left, [1, batchOf(left) * rows, depth]), as(right, [1, depth, columns]));
      const lead = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
      return as(flat, [...lead, rows, columns]);
    } finally {
      for (const t of temporary) (backend as tf.KernelBackend).disposeData(t.dataId);
    }
  };
}

/** Repairs the registered kernels, once. */
export function repairProducts(): void {
  for (const name of ['BatchMatMul', '_FusedMatMul']) repair(name, (own) => wrapped(name, own));
}
