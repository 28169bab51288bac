/** A repair of the matrix products of the tfjs wasm backend: slow ones, and one that is wrong. */
import * as tf from '@tensorflow/tfjs-core';

const repaired = Symbol.for('congruity.wasm.products');

type Kernel = tf.KernelConfig & { [repaired]?: true };
type Call = Parameters<tf.KernelFunc>[0];

const batchOf = ({ shape }: tf.TensorInfo): number => tf.util.sizeFromShape(shape.slice(0, -2));

/** The same values under another shape. */
const as = (x: tf.TensorInfo, shape: number[]): tf.TensorInfo => ({ dataId: x.dataId, dtype: x.dtype, shape });

const run = (name: string, inputs: tf.NamedTensorInfoMap, backend: Call['backend'], attrs: object = {}): tf.TensorInfo =>
  tf.getKernel(name, 'wasm').kernelFunc({ inputs, backend, attrs: attrs as tf.NamedAttrMap }) as tf.TensorInfo;

/**
 * tfjs 4.22's wasm kernels are fast only for untransposed products of one matrix with one matrix. So
 *
 * - where neither operand is a real batch, transpose explicitly and multiply without flags;
 * - a batch of matrices times one matrix, [B, S, D] x [1, D, M], is one product of [B S, D] with [D, M].
 *
 * And `_FusedMatMul` gives wrong numbers for a batch with a bias: there bias and activation are applied by their own kernels. Values are otherwise unchanged up to float32 rounding.
 */
function wrapped(product: tf.KernelFunc): (call: Call) => tf.TensorInfo {
  return (call) => {
    const { inputs, backend } = call;
    const disposeData = (x: tf.TensorInfo): boolean => (backend as tf.KernelBackend).disposeData(x.dataId);
    const attrs = call.attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const a = inputs.a!;
    const b = inputs.b!;
    const plain = { ...call.attrs, transposeA: false, transposeB: false } as tf.NamedAttrMap;
    const multiply = (x: tf.TensorInfo, y: tf.TensorInfo, own: object = plain): tf.TensorInfo => product({ inputs: { ...inputs, a: x, b: y }, backend, attrs: own as tf.NamedAttrMap }) as tf.TensorInfo;
    const temporary: tf.TensorInfo[] = [];
    /** The last two axes swapped, if the flag says so. */
    const turned = (x: tf.TensorInfo, flag: boolean): tf.TensorInfo => {
      if (!flag) return x;
      const rank = x.shape.length;
      const t = run('Transpose', { x }, backend, { perm: [...Array(rank - 2).keys(), rank - 1, rank - 2] });
      temporary.push(t);
      return t;
    };
    try {
      if (batchOf(a) === 1 && batchOf(b) === 1) {
        return attrs.transposeA || attrs.transposeB ? multiply(turned(a, attrs.transposeA), turned(b, attrs.transposeB)) : (product(call) as tf.TensorInfo);
      }
      if (batchOf(b) === 1) {
        const left = turned(a, attrs.transposeA);
        const right = turned(b, attrs.transposeB);
        const [depth, columns] = right.shape.slice(-2) as [number, number];
        const rows = left.shape.at(-2)!;
        const flat = multiply(as(left, [1, batchOf(left) * rows, depth]), as(right, [1, depth, columns]));
        const lead = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
        return as(flat, [...lead, rows, columns]);
      }
      const { bias, preluActivationWeights: alpha } = inputs;
      if (bias === undefined || bias === null) return product(call) as tf.TensorInfo;
      const { activation, leakyreluAlpha } = call.attrs as unknown as { activation?: string | null; leakyreluAlpha?: number };
      const steps: ((x: tf.TensorInfo) => tf.TensorInfo)[] = [
        () => run('BatchMatMul', { a, b }, backend, attrs),
        (x) => run('Add', { a: x, b: bias }, backend),
      ];
      const names: Readonly<Record<string, string>> = { relu: 'Relu', relu6: 'Relu6', elu: 'Elu', sigmoid: 'Sigmoid' };
      if (activation === 'leakyrelu') steps.push((x) => run('LeakyRelu', { x }, backend, { alpha: leakyreluAlpha ?? 0.2 }));
      else if (activation === 'prelu') steps.push((x) => run('Prelu', { x, alpha: alpha! }, backend));
      else if (activation && activation !== 'linear') steps.push((x) => run(names[activation]!, { x }, backend));
      return steps.reduce<tf.TensorInfo | undefined>((x, step) => {
        const next = step(x!);
        if (x !== undefined) disposeData(x);
        return next;
      }, undefined)!;
    } finally {
      for (const t of temporary) disposeData(t);
    }
  };
}

/** Puts the repair into tfjs's registry, for the whole process, where the wasm backend is registered. Doing so again changes nothing. */
export function repairProducts(): void {
  for (const name of ['BatchMatMul', '_FusedMatMul']) {
    const kernel = tf.getKernel(name, 'wasm') as Kernel | undefined;
    if (kernel === undefined || kernel[repaired]) continue;
    tf.unregisterKernel(name, 'wasm');
    tf.registerKernel({ ...kernel, kernelFunc: wrapped(kernel.kernelFunc), [repaired]: true } as Kernel);
  }
}
