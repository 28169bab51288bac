/** What of a model is not weights, as JSON, for its fingerprint. */
import type { GraphModel, LayersModel } from '../graph/types.js';

/** Without what only says how training began and went, and what tfjs writes at some times and not at others. */
function trained(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(trained);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, entry]) =>
          entry !== null &&
          !/(_initializer|_regularizer|_constraint|^trainable|^unit_forget_bias|^dtype|^keras_version|^backend)$/.test(
            key,
          ),
      )
      .map(([key, entry]) => [key, trained(entry)]),
  );
}

/** The configs of the layers; where a layer of the user's own has none, its name and class. */
export function layersStructure(model: LayersModel): unknown {
  try {
    return trained(model.toJSON(undefined, false));
  } catch {
    return model.layers.map((layer) => [layer.name, layer.getClassName()]);
  }
}

export const graphStructure = (model: GraphModel): unknown => [
  model.artifacts.modelTopology.node,
  model.modelSignature ?? null,
];
