/** Models whose circuit is known because every weight was put there by hand. */
import { parseConfig, type TransformerConfigInput } from '../../../src/model/formats/transformer/graph/config.js';
import { transformer, type Transformer } from '../../../src/model/formats/transformer/run/transformer.js';
import { weightShapes, type Weights } from '../../../src/model/formats/transformer/file/weights.js';
import type { Ablation } from '../../../src/circuit/ablation.js';
import type { Task } from '../../../src/task/index.js';
import type { BackendName } from '../../../src/tensor/backend-names.js';

export interface Known {
  readonly name: string;
  /** what the model does, and how */
  readonly words: string;
  readonly config: TransformerConfigInput;
  weights(): Weights;
  /** the caller disposes of it */
  model(backend?: BackendName): Promise<Transformer>;
  /** every input of the model's task */
  readonly task: Task<readonly number[]>;
  /** the way of taking a component away that the claim is about */
  readonly by: Exclude<Ablation, 'mean'>;
  /**
   * The claim: patching a set of components keeps the right answer on every input (with every counterfactual) exactly where the set leaves one of these whole.
   * One entry: that circuit is sufficient, each of its components is necessary, and it is the only minimal one.
   */
  readonly circuits: readonly (readonly string[])[];
  /** the first of them */
  readonly circuit: readonly string[];
  /** every other head and neuron */
  readonly spare: readonly string[];
}

/** Sets single entries of weights that are zero otherwise: `set('blocks.0.attn.W_V', [head, feature, column], 1)`. */
export type Set = (name: string, at: readonly number[], value: number) => void;

export interface Recipe extends Pick<Known, 'name' | 'words' | 'task' | 'by' | 'circuits' | 'spare'> {
  readonly config: TransformerConfigInput;
  readonly write: (set: Set) => void;
}

export function known({ write, ...parts }: Recipe): Known {
  const weights = (): Weights => {
    const tensors = new Map(
      [...weightShapes(parseConfig(parts.config))].map(([name, shape]) => [
        name,
        { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
      ]),
    );
    write((name, at, value) => {
      const tensor = tensors.get(name);
      if (
        tensor === undefined ||
        at.length !== tensor.shape.length ||
        at.some((i, axis) => !(i >= 0 && i < tensor.shape[axis]!))
      )
        throw new Error(`${name} has no entry [${at.join(', ')}]`);
      tensor.data[at.reduce((index, i, axis) => index * tensor.shape[axis]! + i, 0)] = value;
    });
    return tensors;
  };
  return {
    ...parts,
    circuit: parts.circuits[0]!,
    weights,
    model: (backend = 'cpu') => transformer(parts.config, weights(), { name: parts.name, backend }),
  };
}
