/** One forward pass through the plan of a LayersModel: synchronous tensor work. */
import * as tf from '@tensorflow/tfjs-core';
import type { SitePatch } from '../../../replacement.js';
import type { Plan, Ref } from '../graph/layers-plan.js';

/** What a pass is to keep and to change. */
export interface Wanted {
  /** indices of values to return; the caller disposes of the tensors */
  readonly values: ReadonlySet<number>;
  readonly patches: ReadonlyMap<number, SitePatch>;
  /** what the pass goes on with in the place of a value that was computed, which it disposes of. Default: the value itself */
  readonly through?: ((value: number, computed: tf.Tensor) => tf.Tensor) | undefined;
}

/** The activation after the patch, in the activation's own type. Without a mask the activation itself is not needed. */
export function patched(
  activation: tf.Tensor | undefined,
  { shape, mask, values }: SitePatch,
  dtype: tf.DataType,
): tf.Tensor {
  const put = tf.cast(tf.tensor(values, [...shape], 'float32'), dtype);
  return mask === undefined ? put : tf.where(tf.tensor(mask, [...shape], 'bool'), put, activation!);
}

/** Steps that must be computed: those whose outputs somebody reads, up to values that are replaced as a whole. */
function needed({ values, steps, masked }: Plan, wanted: Wanted): Set<number> {
  const need = new Set<number>();
  const stack: number[] = [...wanted.values];
  const seen = new Set(stack);
  const visit = (value: number): void => {
    if (!seen.has(value)) stack.push(value);
    seen.add(value);
  };
  while (stack.length > 0) {
    const value = stack.pop()!;
    const { step } = values[value]!;
    const patch = wanted.patches.get(value);
    // a mask stays that of the layer, whatever its output is replaced by
    if (step === undefined || need.has(step) || (patch !== undefined && patch.mask === undefined && !masked.has(value)))
      continue;
    need.add(step);
    for (const { value: input } of steps[step]!.inputs) visit(input);
    const mask = steps[step]!.mask;
    if (mask) visit(mask.value);
  }
  return need;
}

/**
 * Computes the values wanted. Everything else is disposed of on the way.
 * @param inputs one tensor per input of the plan; they stay the caller's
 * @returns tensors by index of value, kept: the caller's to dispose of
 */
export function walk(plan: Plan, inputs: readonly tf.Tensor[], wanted: Wanted): Map<number, tf.Tensor> {
  const kept = new Map<number, tf.Tensor>();
  const { steps } = plan;
  const need = needed(plan, wanted);
  const readers = new Map<number, number>();
  const reads = (value: number): void => void readers.set(value, (readers.get(value) ?? 0) + 1);
  for (const step of need) {
    for (const { value } of steps[step]!.inputs) reads(value);
    const mask = steps[step]!.mask;
    if (mask) reads(mask.value);
  }
  try {
    tf.tidy(() => {
      const known = new Map<number, tf.Tensor>();
      const masks = new Map<number, tf.Tensor>();
      /** Takes note of a value: patched, kept if wanted. */
      const arrive = (value: number, computed: tf.Tensor | undefined, dtype: tf.DataType): void => {
        const patch = wanted.patches.get(value);
        const own = computed && (wanted.through?.(value, computed) ?? computed);
        const tensor = patch === undefined ? own! : patched(own, patch, dtype);
        if (computed !== undefined && computed !== tensor) computed.dispose();
        known.set(value, tensor);
        if (wanted.values.has(value)) kept.set(value, tf.keep(tf.clone(tensor)));
      };
      const leave = (value: number): void => {
        const left = readers.get(value)! - 1;
        readers.set(value, left);
        if (left > 0) return;
        known.get(value)?.dispose();
        masks.get(value)?.dispose();
      };
      const maskOf = ({ value, masked }: Ref): tf.Tensor | null => (masked ? (masks.get(value) ?? null) : null);

      plan.inputs.forEach((value, i) => arrive(value, tf.clone(inputs[i]!), inputs[i]!.dtype));
      steps.forEach(({ layer, inputs: refs, outputs, mask }, at) => {
        if (!need.has(at)) {
          for (const value of outputs)
            if (wanted.patches.has(value) && (readers.has(value) || wanted.values.has(value)))
              arrive(value, undefined, plan.values[value]!.symbolic.dtype);
          return;
        }
        const given = refs.map(({ value }) => known.get(value)!);
        const own = refs.map(maskOf);
        const called = mask === undefined ? null : masks.get(mask.value);
        const results = tf.tidy(() => {
          const computed = layer.apply(given, called == null ? {} : { mask: called });
          const found = Array.isArray(computed) ? computed : [computed];
          // only a mask that a later layer reads is worth computing
          const left = layer.supportsMasking ? layer.computeMask(given, own) : null;
          const own0 = Array.isArray(left) ? left[0] : left;
          return own0 == null ? [...found] : [...found, tf.clone(own0)];
        });
        outputs.forEach((value, i) => {
          arrive(value, results[i]!, results[i]!.dtype);
          const left = results[outputs.length];
          if (left !== undefined) masks.set(value, i === 0 ? left : tf.clone(left));
        });
        for (const { value } of refs) leave(value);
        if (mask) leave(mask.value);
        // what nobody reads
        for (const value of outputs)
          if (!readers.has(value)) {
            known.get(value)?.dispose();
            masks.get(value)?.dispose();
          }
      });
    });
  } catch (error) {
    for (const tensor of kept.values()) tensor.dispose();
    throw error;
  }
  return kept;
}
