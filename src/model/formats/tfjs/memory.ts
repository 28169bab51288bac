/** A tfjs model that is in memory already, perhaps one that is being trained. */
import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { OptionError } from '../../../errors.js';
import { checkOptions } from '../../../options.js';
import { repairWasm } from '../../../tensor/backends/wasm.js';
import type { Model } from '../../model.js';
import { assemble } from './run/model.js';
import { fingerprintOf } from './file/hash.js';
import { layersEngine } from './run/layers-engine.js';
import { graphEngine } from './run/graph-engine.js';
import { graphStructure, layersStructure } from './file/structure.js';
import { tfjsShape, type TfjsOptions } from './file/options.js';
import { isGraphModel, isLayersModel } from './graph/types.js';

const schema = z.strictObject(tfjsShape);

/** What computes it is whatever tfjs computes on when it is asked. */
const current: Model['backend'] = {
  get name() {
    return tf.getBackend();
  },
  get description() {
    return `${tf.getBackend()} (tfjs ${tf.version_core}, Node ${process.versions.node}; the process's own)`;
  },
};

/**
 * A Model of a tfjs LayersModel or GraphModel of yours, such as one between two epochs of its training.
 *
 * It computes with the weights of the moment, on the backend that tfjs has at the moment, and leaves both as they are. Do not train
 * while a run is under way: rows of one batch could see different weights. The `fingerprint` of a LayersModel is computed anew whenever it is read.
 * `dispose` lets go of the model and does not dispose of it.
 *
 * @param model a LayersModel (also Sequential) or a GraphModel, of any copy of tfjs 4
 * @throws OptionError for something that is neither, and for options that do not fit it
 * @throws ModelError for a model that keeps state, draws random numbers, or has control flow
 */
export function tfjsModel(model: unknown, options: TfjsOptions = {}): Model {
  const given = checkOptions(schema, options, 'options of tfjsModel');
  repairWasm();
  const here = <T>(work: () => T): T => work();
  const where = 'options of tfjsModel';
  if (isLayersModel(model)) {
    const name = given.name ?? model.name;
    const fingerprint = (): string =>
      fingerprintOf(
        layersStructure(model),
        model.weights.map((weight) => [weight.originalName, weight.read()]),
      );
    return assemble(
      { name, kind: 'tfjs-layers', fingerprint, backend: current, changing: true },
      layersEngine(model, name, given, here),
      given,
      where,
    );
  }
  if (isGraphModel(model)) {
    const name = given.name ?? 'graph';
    const fingerprint = fingerprintOf(
      graphStructure(model),
      Object.entries(model.weights).map(([weight, [tensor]]) => [weight, tensor!]),
    );
    return assemble(
      { name, kind: 'tfjs-graph', fingerprint, backend: current, changing: false },
      graphEngine(model, name, given, here),
      given,
      where,
    );
  }
  throw new OptionError({
    what: 'this is no tfjs model',
    where: 'tfjsModel',
    hint: 'give a LayersModel (tf.sequential, tf.model) or a GraphModel; for files there is load, for anything else model({ sites, run })',
  });
}
