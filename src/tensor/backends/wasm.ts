/** The tfjs wasm backend. */
import * as tf from '@tensorflow/tfjs-core';
import { repairGather } from './wasm-gather.js';
import { repairIdentity } from './wasm-identity.js';
import { registerNormalise } from './wasm-normalise.js';
import { repairProducts } from './wasm-products.js';
import { repairSlice } from './wasm-slice.js';
import { repairSum } from './wasm-sum.js';
import { repairTile } from './wasm-tile.js';

/** Puts right what is slow or wrong in tfjs's wasm kernels, where they are registered, and adds one of our own. Doing so again changes nothing. */
export function repairWasm(): void {
  repairProducts();
  repairGather();
  repairTile();
  repairSlice();
  repairIdentity();
  repairSum();
  registerNormalise();
}

/**
 * Registers the backend, ready to be used, and returns what is worth saying of it.
 * tfjs would start it inside setBackend, and be between two backends while the module compiles: whoever computes
 * meanwhile would be caught in it. So it is started first and registered finished.
 * Where it is registered already, by a copy of this module that Jest has forgotten since, it is not loaded again: tfjs warns of every kernel that is registered twice.
 */
export async function openWasm(): Promise<string> {
  if (!tf.findBackendFactory('wasm')) await import('@tensorflow/tfjs-backend-wasm');
  repairWasm();
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
