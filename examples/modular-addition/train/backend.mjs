// tfjs on its wasm backend, with matrix products that run at full speed there, forward and backward.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** Two-dimensional products through an explicit transpose: any transpose flag makes the wasm kernel ten times slower. */
function shimMatMul(tf) {
  const original = tf.getKernel('BatchMatMul', 'wasm').kernelFunc;
  const transpose = tf.getKernel('Transpose', 'wasm').kernelFunc;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    kernelName: 'BatchMatMul',
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const made = [];
      const flipped = (x) => {
        const perm = x.shape.map((_, i) => i);
        perm.push(...perm.splice(-2).reverse());
        const t = transpose({ inputs: { x }, backend, attrs: { perm } });
        made.push(t);
        return t;
      };
      const a = attrs.transposeA ? flipped(inputs.a) : inputs.a;
      const b = attrs.transposeB ? flipped(inputs.b) : inputs.b;
      const out = original({ inputs: { a, b }, backend, attrs: { transposeA: false, transposeB: false } });
      for (const t of made) backend.disposeData(t.dataId);
      return out;
    },
  });
}

/** @returns tfjs-core, ready: wasm backend, gradients registered (tfjs-layers does that in CommonJS) */
export async function tfjs() {
  const tf = require('@tensorflow/tfjs-core');
  require('@tensorflow/tfjs-layers');
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend of tfjs does not start here');
  await tf.ready();
  shimMatMul(tf);
  return tf;
}
