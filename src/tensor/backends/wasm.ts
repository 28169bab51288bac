/** The tfjs wasm backend, and a repair of its slow matrix products. */
import * as tf from '@tensorflow/tfjs-core';

const repaired = Symbol.for('congruity.wasm.repaired');

type Kernel = tf.KernelConfig & { [repaired]?: true };

/**
 * The wasm kernels are fast only for untransposed products of one matrix with one matrix: a transpose flag costs an
 * order of magnitude. Where neither operand is a real batch, transpose explicitly and multiply without flags.
 * Values are unchanged up to float32 rounding.
 */
function repair(name: 'BatchMatMul' | '_FusedMatMul'): void {
  const kernel = tf.getKernel(name, 'wasm') as Kernel | undefined;
  if (kernel === undefined || kernel[repaired]) return;
  const product = kernel.kernelFunc;
  const turn = tf.getKernel('Transpose', 'wasm').kernelFunc;
  const kernelFunc: tf.KernelFunc = (call) => {
    const { inputs, backend, attrs } = call;
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const flags = { a: transposeA, b: transposeB };
    const batched = ['a', 'b'].some((side) => tf.util.sizeFromShape(inputs[side]!.shape.slice(0, -2)) !== 1);
    if (batched || (!transposeA && !transposeB)) return product(call);
    const turned: tf.NamedTensorInfoMap = { ...inputs };
    const temporary: tf.TensorInfo[] = [];
    for (const side of ['a', 'b'] as const) {
      if (!flags[side]) continue;
      const x = inputs[side]!;
      const rank = x.shape.length;
      const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
      const t = turn({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
      turned[side] = t;
      temporary.push(t);
    }
    const result = product({ inputs: turned, backend, attrs: { ...attrs, transposeA: false, transposeB: false } });
    for (const t of temporary) (backend as tf.KernelBackend).disposeData(t.dataId);
    return result;
  };
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({ ...kernel, kernelFunc, [repaired]: true } as Kernel);
}

/**
 * Registers the backend, ready to be used, and returns what is worth saying of it.
 * tfjs would start it inside setBackend, and be between two backends while the module compiles: whoever computes
 * meanwhile would be caught in it. So it is started first and registered finished.
 */
export async function openWasm(): Promise<string> {
  await import('@tensorflow/tfjs-backend-wasm');
  repair('BatchMatMul');
  repair('_FusedMatMul');
  const { registry } = tf.engine();
  if (!('wasm' in registry)) {
    const ready = await tf.findBackendFactory('wasm')();
    if (!('wasm' in registry)) {
      tf.removeBackend('wasm');
      tf.registerBackend('wasm', () => ready);
    }
  }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return simd ? 'SIMD, one thread' : 'no SIMD, one thread';
}
