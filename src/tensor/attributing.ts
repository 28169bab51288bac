/** Reads, as a gradient passes a site, what the change of each component there comes to. */
import * as tf from '@tensorflow/tfjs-core';

type Unary = (
  x: tf.Tensor,
  save: tf.GradSaveFunc,
) => { value: tf.Tensor; gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor };

/** An operation with a gradient of its own. */
export const withGradient = (rule: Unary): ((x: tf.Tensor) => tf.Tensor) =>
  tf.customGrad((x, save) => rule(x as tf.Tensor, save as tf.GradSaveFunc));

/** A site at which components lie along an axis, counted with the batch; undefined: the site is one component. */
export interface AttributedSite {
  readonly axis: number | undefined;
  /** what would be put in, [rows, ...site] */
  readonly towards: tf.Tensor;
}

/**
 * The activation as it is.
 * @param found is given, as the gradient passes, how far replacing each component would move what is differentiated: [rows, components], or [rows]. Whoever made it disposes of it
 */
export const attributing = (
  activation: tf.Tensor,
  { axis, towards }: AttributedSite,
  found: (each: tf.Tensor) => void,
): tf.Tensor =>
  withGradient((x, save) => {
    save([x]);
    return {
      value: tf.clone(x),
      gradFunc: (dy, [own]) => {
        const each = tf.tidy(() => {
          const moved = tf.mul(dy, tf.sub(towards, own!));
          return tf.sum(
            moved,
            moved.shape.map((_, i) => i).filter((i) => i > 0 && i !== axis),
          );
        });
        found(tf.keep(each));
        return dy;
      },
    };
  })(activation);
