/** A transformer on tfjs, with TransformerLens's names, shapes and arithmetic. */
import { checkKeys } from '../../../../options.js';
import { backend as openBackend, type Backend } from '../../../../tensor/backend.js';
import type { BackendName } from '../../../../tensor/backend-names.js';
import type { Tokenizer } from '../../../../tokenizers/tokenizer.js';
import { recipeId, runsInWorkers } from '../../../away.js';
import { checkBatchSize } from '../../../check-batch.js';
import { EngineModel, type EngineModelParts } from '../../../engine-model.js';
import type { Model } from '../../../model.js';
import { parseConfig, type TransformerConfig, type TransformerConfigInput } from '../graph/config.js';
import { partsOf, residualSites, sitesOf } from '../graph/sites.js';
import { checkWeights, fingerprint, type Weights } from '../file/weights.js';
import { TransformerEngine } from './engine.js';

/** Options of `transformer`. */
export interface TransformerOptions {
  /** for reports. @defaultValue 'transformer', or 'random transformer' of `architectures` */
  readonly name?: string | undefined;
  /** what computes it. @defaultValue the first that works, see `backend` */
  readonly backend?: BackendName | Backend | undefined;
  /** rows of a batch that are computed at once, fewer where they are long; bounds memory, changes no meaning. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** what messages call the weights. @defaultValue the name */
  readonly where?: string | undefined;
  /** for inputs that are text. @defaultValue none */
  readonly tokenizer?: Tokenizer | undefined;
  /** false: the weights' arrays become the model's own, and must not be changed any more; for large models. @defaultValue true */
  readonly copy?: boolean | undefined;
}

/** A `Model` that shows what it is made of. */
export interface Transformer extends Model {
  readonly kind: 'transformer';
  readonly config: TransformerConfig;
  readonly weights: Weights;
  readonly backend: Backend;
}

/** True for a model that has its weights here: one that can be quantised, for example. */
export const isTransformer = (model: Model): model is Transformer =>
  model.kind === 'transformer' && 'weights' in model && 'config' in model;

class EngineTransformer extends EngineModel implements Transformer {
  declare readonly kind: 'transformer';
  declare readonly backend: Backend;

  constructor(
    parts: EngineModelParts & Pick<Transformer, 'kind' | 'backend'>,
    readonly config: TransformerConfig,
    readonly weights: Weights,
  ) {
    super(parts);
  }
}

/**
 * A transformer from its config and weights, in TransformerLens's names and shapes. The weights are copied, unless `copy` is false.
 * It takes token lists; those of one batch may have several lengths.
 *
 * A captured activation is the one the model went on with: after the interventions on its site.
 *
 * @param config as TransformerLens's HookedTransformerConfig
 * @param weights as TransformerLens's state_dict; its constants (`blocks.N.attn.mask`, `.IGNORE`, `.rotary_sin`, `.rotary_cos`) are passed over.
 *   A bias that no layer has may be left out, and `unembed.W_U` where the config says tie_word_embeddings
 * @throws ModelError where the config is wrong or not supported, or contradicts the weights
 * @throws OptionError, BackendError
 */
export async function transformer(
  config: TransformerConfigInput | TransformerConfig,
  weights: Weights,
  options: TransformerOptions = {},
): Promise<Transformer> {
  checkKeys(options, ['name', 'backend', 'batchSize', 'where', 'tokenizer', 'copy'], 'transformer options');
  const { name = 'transformer', batchSize = 256 } = options;
  checkBatchSize(batchSize, 'transformer options');
  const checked = parseConfig(config, `config of ${options.where ?? name}`);
  const own = checkWeights(checked, weights, options.where ?? name, options.copy ?? true);
  const asked = options.backend;
  const backend = typeof asked === 'object' ? asked : await openBackend({ backend: asked });
  const sites = sitesOf(checked);
  let known: string | undefined;
  const engine = new TransformerEngine(name, checked, own, sites, backend);
  return new EngineTransformer(
    {
      name,
      kind: 'transformer',
      fingerprint: () => (known ??= fingerprint(checked, own)),
      // its config is in the fingerprint
      computes: 'transformer',
      backend,
      sites,
      parts: partsOf(checked),
      representationSites: residualSites(checked),
      tokenizer: options.tokenizer,
      engine,
      batchSize,
      recipe: runsInWorkers(backend.name)
        ? { id: recipeId(), kind: 'transformer', config: checked, weights: own, backend: backend.name }
        : undefined,
    },
    checked,
    own,
  );
}
