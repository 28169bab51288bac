/** What is a model, and what to do about things that are nearly one. */
import { OptionError } from '../errors.js';
import type { Model } from './model.js';
import { isGraphModel, isLayersModel } from './formats/tfjs/graph/types.js';

/** True for anything with the members of a Model. */
export function isModel(value: unknown): value is Model {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Model).run === 'function' &&
    Array.isArray((value as Model).sites)
  );
}

const isFunction = (value: unknown, name: string): boolean =>
  typeof (value as Readonly<Record<string, unknown>>)[name] === 'function';

/** What to do with something that was given in place of a model. */
export function towardsModel(value: unknown): string {
  if (typeof value === 'string')
    return `load it first: await load(${JSON.stringify(value.length > 60 ? '...' : value)})`;
  if (typeof value === 'function') return 'call the function, and await what it gives';
  if (typeof value === 'object' && value !== null) {
    if (isFunction(value, 'then')) return 'await it: this is a promise';
    if (isLayersModel(value) || isGraphModel(value))
      return 'wrap it: tfjsModel(model) makes a model of one from TensorFlow.js';
    // a session of onnxruntime, whatever the package
    if (isFunction(value, 'run') && Array.isArray((value as { inputNames?: unknown }).inputNames))
      return "load the file itself: await load('model.onnx'); a session of onnxruntime does not show what is inside it";
  }
  return 'give what load(...) resolves to, or what tfjsModel or model make';
}

/**
 * @param role what it is called where it was given
 * @throws OptionError for what is no model
 */
export function requireModel(value: unknown, role: string, where: string): Model {
  if (isModel(value)) return value;
  throw new OptionError({ what: `${role} is no model`, where, hint: towardsModel(value) });
}
