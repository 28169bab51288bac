/** The members of tfjs's model objects that are used here: a user's object may come from another copy of the package, so it is known by its members. */
import type * as tf from '@tensorflow/tfjs-core';

/** The output of one call of a layer, before any values. */
export interface Symbolic {
  readonly id: number;
  readonly name: string;
  readonly dtype: tf.DataType;
  /** batch first; null where any size goes */
  readonly shape: readonly (number | null)[];
  readonly sourceLayer: Layer;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
  readonly inputs: readonly Symbolic[];
}

export interface LayerNode {
  readonly inputTensors: readonly Symbolic[];
  readonly outputTensors: readonly Symbolic[];
  readonly callArgs?: unknown;
}

/** A weight of a layer. */
export interface Variable {
  readonly name: string;
  readonly originalName: string;
  read(): tf.Tensor;
  write(values: tf.Tensor): unknown;
}

export interface Layer {
  readonly name: string;
  readonly id: number;
  readonly inboundNodes: readonly LayerNode[];
  readonly supportsMasking: boolean;
  readonly stateful: boolean;
  readonly weights: readonly Variable[];
  getClassName(): string;
  apply(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor | tf.Tensor[];
  computeMask(inputs: tf.Tensor[], masks: (tf.Tensor | null)[]): tf.Tensor | null | (tf.Tensor | null)[];
}

/** A LayersModel, which may also be a layer of another one. */
export interface LayersModel extends Layer {
  readonly layers: readonly Layer[];
  readonly inputs: readonly Symbolic[];
  readonly outputs: readonly Symbolic[];
  toJSON(unused: undefined, asString: false): unknown;
  loadWeights(weights: Record<string, tf.Tensor>, strict: boolean): void;
  dispose(): unknown;
}

/** A node of a GraphDef as converted to JSON. */
export interface GraphDefNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[] | undefined;
  readonly attr?: Readonly<Record<string, unknown>> | undefined;
}

export interface GraphDef {
  readonly node: readonly GraphDefNode[];
  readonly library?: { readonly function?: readonly unknown[] } | undefined;
  readonly versions?: unknown;
}

export interface TensorInfo {
  readonly name: string;
  readonly dtype?: unknown;
  readonly tensorShape?: unknown;
}

export interface Signature {
  readonly inputs?: Readonly<Record<string, TensorInfo>> | undefined;
  readonly outputs?: Readonly<Record<string, TensorInfo>> | undefined;
}

/** tfjs's reading of a node: what its operation takes. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly category?: string | undefined;
  readonly attrParams: Readonly<Record<string, { readonly value?: unknown } | undefined>>;
}

export interface GraphModel {
  readonly weights: Record<string, tf.Tensor[]>;
  readonly modelSignature?: Signature | undefined;
  readonly artifacts: { readonly modelTopology: GraphDef; readonly modelInitializer?: unknown };
  readonly executor: {
    readonly graph: { readonly nodes: Readonly<Record<string, GraphNode>>; readonly inputs: readonly GraphNode[] };
    weightMap: Record<string, tf.Tensor[]>;
  };
  execute(inputs: Record<string, tf.Tensor>, outputs: string[]): tf.Tensor | tf.Tensor[];
  dispose(): void;
}

const has = (value: unknown, ...members: string[]): boolean =>
  typeof value === 'object' && value !== null && members.every((member) => member in value);

export const isLayersModel = (value: unknown): value is LayersModel =>
  has(value, 'layers', 'inputs', 'outputs', 'apply', 'getClassName', 'inboundNodes');
export const isGraphModel = (value: unknown): value is GraphModel =>
  has(value, 'executor', 'artifacts', 'execute', 'weights') && !('layers' in (value as object));
