/** Weights rounded to few bits, as a release pipeline would, and computed with in float32. */
import { ModelError, OptionError } from '../../../errors.js';
import { requireModel } from '../../is-model.js';
import type { Model } from '../../model.js';
import { isTransformer, transformer, type Transformer } from './run/model.js';
import type { Weights } from './file/weights.js';

/** Half away from zero: rounding must not prefer one sign. */
const round = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/** A model whose weights can be changed. @throws ModelError for any other, OptionError for what is no model */
export function withWeights(model: Model, what: string): Transformer {
  requireModel(model, 'what is to be changed', what);
  if (isTransformer(model)) return model;
  throw new ModelError({
    what: `${model.name} is a model of kind ${model.kind}, whose weights are not at hand`,
    where: what,
    hint: 'give a transformer, or change the weights where the model was made',
  });
}

/**
 * Per-tensor symmetric quantisation: every tensor becomes integers of -(2^(bits-1) - 1) .. 2^(bits-1) - 1 times one
 * scale, which maps its largest magnitude to the largest integer; rounded to nearest, returned as float32.
 * @param bits 2 to 16
 * @throws OptionError
 */
export function quantise(weights: Weights, bits: number): Weights;
/**
 * The same model with quantised weights, on the same backend.
 * @throws ModelError for a model that is no transformer
 */
export function quantise(model: Model, bits: number): Promise<Transformer>;
export function quantise(subject: Weights | Model, bits: number): Weights | Promise<Transformer> {
  if (!Number.isInteger(bits) || bits < 2 || bits > 16) {
    throw new OptionError({
      what: `cannot quantise to ${String(bits)} bits`,
      where: 'quantise',
      hint: 'give an integer from 2 to 16',
    });
  }
  if (!(Symbol.iterator in subject)) {
    const { name, config, weights, backend, tokenizer } = withWeights(subject, 'quantise');
    return transformer(config, quantise(weights, bits), {
      name: `${name} (${bits} bits)`,
      backend,
      tokenizer,
      copy: false,
    });
  }
  const levels = 2 ** (bits - 1) - 1;
  return new Map(
    [...subject].map(([name, { shape, data }]) => {
      let largest = 0;
      for (const value of data) largest = Math.max(largest, Math.abs(value));
      const scale = largest / levels;
      return [
        name,
        {
          shape,
          data:
            scale === 0
              ? new Float32Array(data.length)
              : Float32Array.from(data, (value) => round(value / scale) * scale),
        },
      ];
    }),
  );
}
