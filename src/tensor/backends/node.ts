/** The native TensorFlow backends, optional peers. */
import * as tf from '@tensorflow/tfjs-core';

/** Loads one of the native packages: each registers `tensorflow` on being imported. */
export async function openNode(name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu'): Promise<string> {
  const peer: string = name;
  let version: unknown;
  try {
    const loaded = (await import(peer)) as { version?: Record<string, string> };
    version = loaded.version?.['tfjs-node'];
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
      throw new Error(`${name} is not installed`, { cause: error });
    throw error;
  }
  // without a usable device the GPU package computes on the CPU, which the other one does as well
  const { isUsingGpuDevice } = tf.findBackend('tensorflow') as { isUsingGpuDevice?: boolean };
  if (name.endsWith('-gpu') && isUsingGpuDevice === false) throw new Error(`${name} found no GPU`);
  return `${name}${version === undefined ? '' : ` ${String(version)}`}`;
}
