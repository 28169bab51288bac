/** Gradients of the operations that a transformer is made of. What tfjs-core exports to Node comes without any. */
import * as tf from '@tensorflow/tfjs-core';

type Gradient = Omit<tf.GradConfig, 'kernelName'>;
type Attributes = Readonly<Record<string, unknown>>;

const filled = (shape: readonly number[], value: number): tf.Tensor => tf.fill(shape.slice(), value, 'float32');

/** What comes back to an operand that was broadcast: summed over what it was repeated along. */
function asOperand(dy: tf.Tensor, { shape }: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
  if (axes.length === 0) return tf.reshape(dy, shape);
  return tf.reshape(tf.sum(dy, axes), shape);
}

/** Of an operation on two operands, from dy and these to what each gets. */
const ofTwo = (
  left: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  right: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Gradient => ({
  inputsToSave: ['a', 'b'],
  gradFunc: (given, saved) => {
    const dy = given as tf.Tensor;
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    return { a: () => asOperand(left(dy, a, b), a), b: () => asOperand(right(dy, a, b), b) };
  },
});

const ofInput = (dx: (dy: tf.Tensor, x: tf.Tensor, attributes: Attributes) => tf.Tensor): Gradient => ({
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attributes) => ({
    x: () => dx(dy as tf.Tensor, saved[0]!, attributes as unknown as Attributes),
  }),
});

const ofOutput = (name: string, dx: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor): Gradient => ({
  outputsToSave: [true],
  gradFunc: (dy, saved) => ({ [name]: () => dx(dy as tf.Tensor, saved[0]!) }),
});

/** The sizes of x, those of the axes that were summed being 1. */
function kept({ shape }: tf.Tensor, axis: unknown): number[] {
  const axes = tf.util.parseAxisParam(axis as number | number[], shape);
  return shape.map((size, i) => (axes.includes(i) ? 1 : size));
}

const gradients: Readonly<Record<string, Gradient>> = {
  Add: ofTwo(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: ofTwo(
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  Multiply: ofTwo(
    (dy, _a, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  RealDiv: ofTwo(
    (dy, _a, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  BatchMatMul: {
    inputsToSave: ['a', 'b'],
    gradFunc: (given, saved, attributes) => {
      const dy = given as tf.Tensor;
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const { transposeA, transposeB } = attributes as unknown as { transposeA: boolean; transposeB: boolean };
      return {
        a: () => (transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB)),
        b: () => (transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false)),
      };
    },
  },
  Softmax: ofOutput('logits', (dy, y) => {
    const along = tf.mul(dy, y);
    return tf.sub(along, tf.mul(tf.sum(along, -1, true), y));
  }),
  Relu: ofInput((dy, x) => tf.mul(dy, tf.step(x))),
  Sigmoid: ofOutput('x', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Erf: ofInput((dy, x) => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x)))))),
  Square: ofInput((dy, x) => tf.mul(dy, tf.mul(2, x))),
  Sqrt: ofOutput('x', (dy, y) => tf.div(dy, tf.mul(2, y))),
  Sum: ofInput((dy, x, { axis }) => tf.mul(tf.reshape(dy, kept(x, axis)), filled(x.shape, 1))),
  Mean: ofInput((dy, x, { axis }) => {
    const sizes = kept(x, axis);
    return tf.mul(tf.reshape(dy, sizes), filled(x.shape, tf.util.sizeFromShape(sizes) / x.size));
  }),
  Identity: ofInput((dy) => dy),
  Reshape: ofInput((dy, x) => tf.reshape(dy, x.shape)),
  Transpose: {
    gradFunc: (dy, _saved, attributes) => {
      const { perm } = attributes as unknown as { perm: number[] };
      return { x: () => tf.transpose(dy as tf.Tensor, tf.backend_util.getUndoAxesPermutation(perm)) };
    },
  },
  Slice: ofInput((dy, x, { begin, size }) => {
    const [from, sizes] = tf.slice_util.parseSliceParams(x, begin as number[], size as number[]) as [
      number[],
      number[],
    ];
    return tf.pad(
      dy,
      x.shape.map((whole, i): [number, number] => [from[i]!, whole - from[i]! - sizes[i]!]),
    );
  }),
  Concat: {
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const axis = tf.util.parseAxisParam((attributes as unknown as { axis: number }).axis, saved[0]!.shape)[0]!;
      const parts = tf.split(
        dy as tf.Tensor,
        saved.map(({ shape }) => shape[axis]!),
        axis,
      );
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
    },
  },
  Pack: {
    saveAllInputs: true,
    gradFunc: (dy, _saved, attributes) => {
      const parts = tf.unstack(dy as tf.Tensor, (attributes as unknown as { axis: number }).axis);
      return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
    },
  },
  Unpack: {
    gradFunc: (dy, _saved, attributes) => ({
      value: () => tf.stack(dy as tf.Tensor[], (attributes as unknown as { axis: number }).axis),
    }),
  },
  SplitV: {
    gradFunc: (dy, _saved, attributes) => ({
      x: () => tf.concat(dy as tf.Tensor[], (attributes as unknown as { axis: number }).axis),
    }),
  },
  Select: {
    inputsToSave: ['condition'],
    gradFunc: (given, saved) => {
      const dy = given as tf.Tensor;
      const condition = saved[0]!;
      const none = (): tf.Tensor => filled(dy.shape, 0);
      return {
        condition: () => none(),
        t: () => tf.where(condition, dy, none()),
        e: () => tf.where(condition, none(), dy),
      };
    },
  },
};

/** Lets tfjs differentiate what these are for, where nobody has before. Doing so again changes nothing. */
export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(gradients))
    if (tf.getGradient(kernelName) === undefined) tf.registerGradient({ kernelName, ...gradient });
}
