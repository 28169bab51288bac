/** What each component's output adds to a direction of a LayersModel's logits, for all components in one pass that is differentiated. */
import * as tf from '@tensorflow/tfjs-core';
import { attributing, withGradient, type AttributedSite } from '../../../../tensor/attributing.js';
import { registerGradients } from '../../../../tensor/gradients.js';
import { positionsOf } from '../../../logits.js';
import type { AttributionOptions } from '../../../model.js';
import type { Plan } from '../graph/layers-plan.js';
import { logitsOf, type OutputKind } from './logits.js';
import { walk } from './run-plan.js';

/** The answer of the model, and where and in which direction its logits are looked at. */
export interface Looked extends Pick<AttributionOptions, 'logits' | 'direction'> {
  readonly value: number;
  readonly kind: OutputKind;
}

/** How much the output is to move, given how much its logits are: of a probability, the logarithm's slope; 0 where there is none. */
function alongOutput(kind: OutputKind, output: Float32Array, along: Float32Array): Float32Array {
  if (kind === 'logits') return along;
  if (kind === 'softmax') return along.map((one, i) => (output[i]! > 0 ? one / output[i]! : 0));
  return output.map((p, i) => (p > 0 && p < 1 ? along[2 * i + 1]! / p - along[2 * i]! / (1 - p) : 0));
}

/** The scalar of which each row's logits get this direction as their gradient. */
const along = ({ kind, logits: at, direction }: Looked, answer: tf.Tensor): tf.Scalar =>
  withGradient((x, save) => {
    const output = new Float32Array(x.dataSync());
    const { shape, data } = logitsOf(kind, { shape: x.shape, data: output });
    const [rows, classes] = [shape[0]!, shape.at(-1)!];
    const positions = shape.length > 2 ? shape[1]! : 1;
    const moved = new Float32Array(data.length);
    positionsOf(at, Array<number>(rows).fill(positions)).forEach((position, row) => {
      const from = (row * positions + position) * classes;
      moved.set(direction(data.slice(from, from + classes), row), from);
    });
    save([tf.tensor(alongOutput(kind, output, moved), x.shape)]);
    return { value: tf.scalar(0), gradFunc: (_dy, [gradient]) => gradient! };
  })(answer) as tf.Scalar;

/** What tfjs says of an operation that it cannot differentiate, or whose gradient the backend does not have. */
const MISSING = /gradient function not found|not registered for backend/;

interface Tape {
  activeTape: readonly { readonly saved?: readonly tf.Tensor[] | undefined }[] | null;
  readonly gradientDepth: number;
}

/** What tfjs keeps for a gradient it lets go of only where one came out. */
function forgetTape(): void {
  const state = (tf.engine() as unknown as { readonly state: Tape }).state;
  if (state.gradientDepth > 0 || !state.activeTape) return;
  for (const { saved } of state.activeTape) tf.dispose([...(saved ?? [])]);
  state.activeTape = null;
}

/**
 * The caller disposes of what comes out.
 * @param sites by index of value
 * @returns by index of value, [rows, components], or [rows] of a site that is one component; of what the answer does not depend on, nothing. Undefined where an operation has no gradient
 */
export function attributed(
  plan: Plan,
  inputs: readonly tf.Tensor[],
  sites: ReadonlyMap<number, AttributedSite>,
  looked: Looked,
): ReadonlyMap<number, tf.Tensor> | undefined {
  registerGradients();
  const found = new Map<number, tf.Tensor>();
  const kept: tf.Tensor[] = [];
  try {
    tf.tidy(() => {
      // zero: what is differentiated by, so that gradients pass all sites
      tf.grad((nothing) => {
        const answer = walk(plan, inputs, {
          values: new Set([looked.value]),
          patches: new Map(),
          through: (value, computed) => {
            const here = sites.get(value);
            return here ? attributing(tf.add(computed, nothing), here, (each) => found.set(value, each)) : computed;
          },
        }).get(looked.value)!;
        kept.push(answer);
        // also where it depends on no site
        return tf.add(along(looked, answer), nothing);
      })(tf.scalar(0));
    });
    return found;
  } catch (cause) {
    tf.dispose([...found.values()]);
    forgetTape();
    if (MISSING.test(cause instanceof Error ? cause.message : '')) return undefined;
    throw cause;
  } finally {
    tf.dispose(kept);
  }
}
