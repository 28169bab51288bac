/** Accepted changes of a transformer, as a set: what a release pipeline does to weights, drawn at random. */
import { noisy, pruned } from '../model/formats/transformer/changed.js';
import { quantise, withWeights } from '../model/formats/transformer/quantise.js';
import type { Model } from '../model/model.js';
import { random, type Random } from '../random.js';
import type { ImplementationSet } from '../implementations/index.js';

/** Kinds are equally likely, and so are the doses of a kind. */
const kinds: readonly ((model: Model, stream: Random) => Promise<Model>)[] = [
  (model, stream) => quantise(model, 6 + stream.below(3)),
  // what fine-tuning changes, as a share of the weights' size: 4 to 6 % in the calibration's networks
  (model, stream) => noisy(model, 0.01 + 0.05 * stream.unit(), stream.below(0x7fffffff)),
  (model, stream) => pruned(model, 0.05 + 0.15 * stream.unit()),
];

/** In words, for reports. */
const COPIES = '6 to 8 bits, weight noise of 1 to 6 %, pruning of 5 to 20 %';

/** The set, and what frees the copy made last. */
export interface Copies {
  readonly set: ImplementationSet;
  dispose(): void;
}

/**
 * Independent copies, one alive at a time. What breaks the task is rejected where it is drawn, as all implementations are.
 * @throws ModelError for a model that is no transformer: its weights are not at hand
 */
export function copiesOf(model: Model): Copies {
  withWeights(model, 'a bank of copies');
  let last: Model | undefined;
  const dispose = (): void => {
    last?.dispose();
    last = undefined;
  };
  return {
    dispose,
    set: {
      description: `copies of ${model.name}: ${COPIES}`,
      original: model,
      async open({ seed }) {
        return {
          async draw(index) {
            dispose();
            const stream = random(seed, `copy ${index}`);
            last = await kinds[stream.below(kinds.length)]!(model, stream);
            return { description: last.name, model: last, patch: undefined };
          },
        };
      },
    },
  };
}
