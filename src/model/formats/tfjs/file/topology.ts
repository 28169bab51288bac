/** The topology of a layers model from a file, checked before tfjs reads it: nothing in it is believed. */
import * as tf from '@tensorflow/tfjs-core';
import { ModelError } from '../../../../errors.js';

type Dictionary = Record<string, unknown>;
const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const maxLayers = 10_000;
/** tfjs turns snake_case into camelCase: what is written so from the start could say one thing to us and another to tfjs. */
const camel = new Set(['className', 'inboundNodes', 'inputLayers', 'outputLayers', 'modelConfig', 'customObjects']);
const dangerous = new Set(['__proto__', 'constructor', 'prototype']);

function fail(
  where: string,
  what: string,
  hint = 'the model is damaged or was not saved by tfjs or Keras: save or convert it anew',
): never {
  throw new ModelError({ what, where, hint });
}

/** What decides about the sizes of tensors: tfjs's kernels trust it. */
const sizes = new Set([
  'kernel_size',
  'pool_size',
  'strides',
  'dilation_rate',
  'size',
  'filters',
  'units',
  'depth_multiplier',
  'n',
  'input_dim',
  'output_dim',
  'height',
  'width',
  'num_tokens',
]);
const edges = new Set(['padding', 'cropping']);

function checkNumbers(key: string, value: unknown, least: number, where: string): void {
  if (Array.isArray(value)) for (const entry of value) checkNumbers(key, entry, least, where);
  // `padding` is a word as well, and what is left out has a default
  else if (
    value !== null &&
    typeof value !== 'string' &&
    !(Number.isSafeInteger(value) && (value as number) >= least && (value as number) < 2 ** 31)
  )
    fail(where, `${key} is ${JSON.stringify(value)?.slice(0, 80)} in the topology`);
}

/** Every layer must be reachable from others that can be computed before it: tfjs would wait for ever. */
function checkOrder(layers: readonly Dictionary[], where: string): void {
  const calls = new Map<string, { readonly needs: readonly (readonly [string, number])[] }[]>();
  for (const layer of layers) {
    // tfjs goes by the outer name to link layers, and calls them by the inner one
    const { name } = layer;
    if (typeof name !== 'string' || !isDictionary(layer.config) || layer.config.name !== name)
      fail(where, `a layer is called ${JSON.stringify(name)?.slice(0, 80)}, its config does not agree`);
    if (calls.has(name)) fail(where, `two layers are called ${JSON.stringify(name)}`);
    const nodes: unknown = layer.inbound_nodes;
    if (!Array.isArray(nodes)) fail(where, `the layer ${name} does not say what it reads`);
    const own = nodes.map((node: unknown) => {
      if (!Array.isArray(node))
        fail(
          where,
          `the layer ${name} says what it reads in a way that tfjs 4 does not know`,
          'convert the model with a converter that writes Keras 2 configs',
        );
      return {
        needs: (node.length > 0 ? node : [undefined]).map((ref: unknown) => {
          const [from, index] = Array.isArray(ref) ? (ref as unknown[]) : [];
          if (typeof from !== 'string' || !Number.isSafeInteger(index) || (index as number) < 0)
            fail(where, `the layer ${name} reads ${JSON.stringify(ref)?.slice(0, 80)}`);
          return [from, index as number] as const;
        }),
      };
    });
    // an input, and a model, which has a call of its own over its own inputs before it is called as a layer; any other layer has only the calls that it lists
    const first = layer.class_name === 'InputLayer' || Array.isArray(layer.config.layers) ? [{ needs: [] }] : [];
    calls.set(name, [...first, ...own]);
  }
  // call by call, until nothing more can be made; a layer's calls are made in their order
  const made = new Map([...calls.keys()].map((name) => [name, 0]));
  let left = [...calls.values()].reduce((sum, list) => sum + list.length, 0);
  for (let progress = true; progress && left > 0;) {
    progress = false;
    for (const [name, list] of calls) {
      for (
        let at = made.get(name)!;
        at < list.length && list[at]!.needs.every(([from, index]) => index < (made.get(from) ?? 0));
        at++
      ) {
        made.set(name, at + 1);
        left--;
        progress = true;
      }
    }
  }
  if (left > 0)
    fail(
      where,
      `layers wait for each other, or for one that is not there: ${[...calls]
        .filter(([name, list]) => made.get(name)! < list.length)
        .slice(0, 5)
        .map(([name]) => name)
        .join(', ')}`,
    );
}

/**
 * The topology as tfjs is to read it: without initialisers, regularisers and constraints, which have no part in a trained model.
 * @param where for messages: the file
 * @throws ModelError for a class that tfjs does not know, layers in a circle, keys that mean something else to JavaScript
 */
export function checkTopology(topology: unknown, where: string): Dictionary {
  const classes = tf.serialization.SerializationMap.getMap().classNameMap as Readonly<Record<string, unknown>>;
  let layersSoFar = 0;
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean);
    if (!isDictionary(value)) return value;
    const copy: Dictionary = {};
    for (const [key, entry] of Object.entries(value)) {
      if (dangerous.has(key) || camel.has(key)) fail(where, `the topology has the key ${JSON.stringify(key)}`);
      if (/_(initializer|regularizer|constraint)$/.test(key)) continue;
      if (sizes.has(key)) checkNumbers(key, entry, 1, where);
      if (edges.has(key)) checkNumbers(key, entry, 0, where);
      copy[key] = clean(entry);
    }
    if ('class_name' in copy) {
      const name = copy.class_name;
      if (typeof name !== 'string' || !Object.hasOwn(classes, name))
        fail(
          where,
          `tfjs knows no layer class ${JSON.stringify(name)?.slice(0, 80)}`,
          'code in a model file is not run: leave the layer out, or build the model in your own code and use tfjsModel',
        );
    }
    if (Array.isArray(copy.layers)) {
      layersSoFar += copy.layers.length;
      if (layersSoFar > maxLayers) fail(where, `the model has more than ${maxLayers} layers`);
      if ('input_layers' in copy || copy.layers.some((layer) => isDictionary(layer) && 'inbound_nodes' in layer)) {
        if (!copy.layers.every(isDictionary)) fail(where, 'a layer is no object');
        checkOrder(copy.layers, where);
      }
    }
    return copy;
  };
  if (!isDictionary(topology)) fail(where, 'there is no topology in the file');
  const config = topology.model_config ?? topology;
  if (!isDictionary(config)) fail(where, 'there is no model in the topology');
  const { class_name: name, config: own } = config;
  if (typeof name !== 'string' || !['Sequential', 'Model', 'Functional'].includes(name) || own === undefined)
    fail(where, `the topology is of class ${JSON.stringify(name)?.slice(0, 80)}, not a model`);
  return clean({ class_name: name, config: own }) as Dictionary;
}
