/** How much memory a model may ask for: a few bytes in a file could ask for any amount. */
import * as tf from '@tensorflow/tfjs-core';
import { ModelError } from '../../../../errors.js';
import type { GraphPlan } from '../graph/graph-plan.js';

/** Values of one tensor: 1 GiB of float32. */
const most = 2 ** 28;

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * Math.abs(b), 1);

const tooLarge = (what: string, shape: readonly number[], where: string): never => {
  throw new ModelError({
    what: `${what} would have ${product(shape)} values ([${shape.join(', ')}]), more than ${most}`,
    where,
    hint: 'give smaller inputs or a smaller batchSize; if the file itself asks for it, it is damaged or hostile',
  });
};

/** @throws ModelError for one row of a site that is too large; sizes of -1 count as 1 */
export function checkSize(shape: readonly number[], what: string, model: string): void {
  if (!(product(shape) <= most)) tooLarge(what, shape, `model ${model}`);
}

/**
 * Synchronous tensor work in which no tensor may be too large. The wasm backend asks before it allocates, and dies of what it cannot have;
 * others throw where memory ends.
 * @throws ModelError
 */
export function limited<T>(work: () => T): T {
  const backend = tf.backend() as tf.KernelBackend & { makeOutput?: (shape: number[], ...rest: unknown[]) => unknown };
  if (typeof backend.makeOutput !== 'function' || Object.hasOwn(backend, 'makeOutput')) return work();
  const { makeOutput } = backend;
  backend.makeOutput = function asked(shape, ...rest) {
    if (!(product(shape) <= most)) tooLarge('a tensor', shape, 'the wasm backend');
    // its kernels write where they should not when an output has no room, as after a stride or a window that does not fit
    if (
      !shape.every((size) => Number.isInteger(size) && size >= 0) ||
      (shape.length > 1 && rest[0] === 'float32' && product(shape) === 0)
    )
      throw new ModelError({
        what: `a tensor would have the shape [${shape.join(', ')}]`,
        where: 'the wasm backend',
        hint: 'the input is too small for the model, or the model is damaged',
      });
    return makeOutput.call(this, shape, ...rest);
  };
  try {
    return work();
  } finally {
    delete backend.makeOutput;
  }
}

/** Inputs that say how large a result is, by operation. */
const sizing: Readonly<Record<string, readonly number[]>> = {
  Fill: [0],
  BroadcastTo: [1],
  Tile: [1],
  ResizeBilinear: [1],
  ResizeNearestNeighbor: [1],
  OneHot: [1],
  LinSpace: [2],
  Pad: [1],
  PadV2: [1],
  MirrorPad: [1],
  Range: [0, 1],
};

/**
 * Looks at the constants that say how large results are, for backends that do not ask before they allocate.
 * @throws ModelError
 */
export function checkSizes(
  plan: GraphPlan,
  weights: Readonly<Record<string, tf.Tensor[] | undefined>>,
  model: string,
): void {
  for (const node of plan.order) {
    const inputs = plan.inputsOf(node);
    for (const at of sizing[node.op] ?? []) {
      const tensor = weights[inputs[at]?.node ?? '']?.[0];
      if (tensor === undefined) continue;
      const sizes = tensor.size > 1000 ? [tensor.size] : [...tensor.dataSync()];
      const factors = node.op.includes('Pad') ? sizes.map((size) => size + 1) : sizes.map((size) => size || 1);
      if (tensor.size > 1000 || !(product(factors) <= most))
        tooLarge(`the result of the node ${node.name} (${node.op})`, sizes.slice(0, 8), `model ${model}`);
    }
    if (node.op === 'Range') {
      const [step = 1] = weights[inputs[2]?.node ?? '']?.[0]?.dataSync() ?? [];
      if (!(Math.abs(step) >= 1e-3))
        tooLarge(`the result of the node ${node.name} (Range)`, [Infinity], `model ${model}`);
    }
  }
}
