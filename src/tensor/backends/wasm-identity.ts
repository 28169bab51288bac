/** A repair of the tfjs wasm backend's identity: it copies the values, which a gradient does for everything that it keeps. As on other backends, the same values are held once more instead. */
import type * as tf from '@tensorflow/tfjs-core';
import { repair } from './wasm-repair.js';

function shared(own: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const x = call.inputs.x!;
    if (x.dtype === 'string' || x.dtype === 'complex64') return own(call);
    (call.backend as tf.KernelBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  };
}

/** Repairs the registered kernel, once. */
export const repairIdentity = (): void => repair('Identity', shared);
