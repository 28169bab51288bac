/** The model types of Hugging Face that are known: how each one's config.json is read. */
import { ModelError } from '../../../../../errors.js';
import type { TransformerConfigInput } from '../../graph/config.js';
import type { Keys } from './keys.js';
import { rotary } from './rotary.js';

/** How the weights are stored. */
export type ModelFamily = 'gpt2' | 'gpt_neox' | 'llama';

/** What the conversion of the weights must know. */
export interface Dimensions {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  readonly neurons: number;
  readonly vocabulary: number;
  /** positions of the model, as stored */
  readonly positions: number;
  /** positions that are kept */
  readonly context: number;
  /** the unembedding is the embedding, transposed */
  readonly tied: boolean;
  /** what a model for token classification tells apart, where it is one: its head stands in the unembedding's place */
  readonly labels?: number | undefined;
  readonly queryKeyValueBias: boolean;
  readonly outputBias: boolean;
}

export interface FamilyConfig {
  readonly layout: ModelFamily;
  readonly dimensions: Dimensions;
  /** as `transformer` takes it */
  readonly config: TransformerConfigInput;
}

const activations: Readonly<Record<string, string>> = {
  relu: 'relu',
  gelu: 'gelu',
  gelu_new: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_pytorch_tanh',
  gelu_fast: 'gelu_fast',
  silu: 'silu',
  swish: 'silu',
};

function activation(keys: Keys, key: string, otherwise: string): string {
  const given = keys.text(key, otherwise);
  return Object.hasOwn(activations, given)
    ? activations[given]!
    : keys.refuse(key, `activation functions are ${Object.keys(activations).join(', ')}`);
}

const headWidthOf = (keys: Keys, width: number, heads: number): number => {
  if (width % heads !== 0)
    throw new ModelError({
      what: `the width ${width} is not a multiple of ${heads} heads`,
      where: keys.where,
      hint: 'config.json must be the one that was saved with the weights',
    });
  return width / heads;
};

/** the longest input, given the model's own */
export type Context = (positions: number) => number;

function gpt2(keys: Keys, context: Context): FamilyConfig {
  const [layers, width, heads, vocabulary] = [
    keys.size('n_layer'),
    keys.size('n_embd'),
    keys.size('n_head'),
    keys.size('vocab_size'),
  ];
  const headWidth = headWidthOf(keys, width, heads);
  const positions = keys.size('n_positions');
  const neurons = keys.size('n_inner', 4 * width);
  if (keys.flag('add_cross_attention', false)) keys.refuse('add_cross_attention', 'there is no encoder');
  const dimensions: Dimensions = {
    layers,
    width,
    heads,
    keyValueHeads: heads,
    headWidth,
    neurons,
    vocabulary,
    positions,
    context: context(positions),
    tied: keys.flag('tie_word_embeddings', true),
    queryKeyValueBias: true,
    outputBias: true,
  };
  return {
    layout: 'gpt2',
    dimensions,
    config: {
      normalization_type: 'LN',
      eps: keys.number('layer_norm_epsilon', 1e-5),
      act_fn: activation(keys, 'activation_function', 'gelu_new'),
      positional_embedding_type: 'standard',
      use_attn_scale: keys.flag('scale_attn_weights', true),
      scale_attn_by_inverse_layer_idx: keys.flag('scale_attn_by_inverse_layer_idx', false),
    },
  };
}

function gptNeox(keys: Keys, context: Context): FamilyConfig {
  const [layers, width, heads, vocabulary] = [
    keys.size('num_hidden_layers'),
    keys.size('hidden_size'),
    keys.size('num_attention_heads'),
    keys.size('vocab_size'),
  ];
  const headWidth = headWidthOf(keys, width, heads);
  const positions = keys.size('max_position_embeddings');
  const bias = keys.flag('attention_bias', true);
  return {
    layout: 'gpt_neox',
    dimensions: {
      layers,
      width,
      heads,
      keyValueHeads: heads,
      headWidth,
      neurons: keys.size('intermediate_size'),
      vocabulary,
      positions,
      context: context(positions),
      tied: keys.flag('tie_word_embeddings', false),
      queryKeyValueBias: bias,
      outputBias: bias,
    },
    config: {
      normalization_type: 'LN',
      eps: keys.number('layer_norm_eps', 1e-5),
      act_fn: activation(keys, 'hidden_act', 'gelu'),
      parallel_attn_mlp: keys.flag('use_parallel_residual', true),
      ...rotary(keys, headWidth, 0.25, true),
    },
  };
}

/** Mistral and Qwen2 look back over a window; over inputs no longer than it that is plain attention. null is none, no word of it is 4096. */
function checkWindow(keys: Keys, positions: number): void {
  if (keys.isNull('sliding_window')) return;
  const window = keys.size('sliding_window', 4096);
  if (window < positions)
    keys.refuse(
      'sliding_window',
      `the window is ${window} tokens, and inputs may have ${positions}`,
      `give contextLength: ${window}, for inputs that are no longer than the window`,
    );
}

function llama(keys: Keys, context: Context, type: 'llama' | 'mistral' | 'qwen2'): FamilyConfig {
  const [layers, width, heads, vocabulary] = [
    keys.size('num_hidden_layers'),
    keys.size('hidden_size'),
    keys.size('num_attention_heads'),
    keys.size('vocab_size'),
  ];
  const headWidth = keys.value('head_dim') === undefined ? headWidthOf(keys, width, heads) : keys.size('head_dim');
  const keyValueHeads = keys.size('num_key_value_heads', type === 'llama' ? heads : undefined);
  if (heads % keyValueHeads !== 0)
    keys.refuse(
      'num_key_value_heads',
      `the ${heads} heads cannot be shared out among them`,
      'config.json must be the one that was saved with the weights',
    );
  const positions = keys.size('max_position_embeddings');
  const kept = context(positions);
  // Mistral's and Qwen2's own code has no such switch
  const bias = keys.flag('attention_bias', false);
  if (bias && type !== 'llama') keys.refuse('attention_bias', `${type} models have none to switch on`);
  if (keys.flag('mlp_bias', false)) keys.refuse('mlp_bias', 'gated MLPs have no biases here');
  if (type === 'mistral') checkWindow(keys, kept);
  if (type === 'qwen2') {
    if (keys.flag('use_sliding_window', false)) checkWindow(keys, kept);
    else keys.value('sliding_window');
    const kinds = keys.value('layer_types');
    if (kinds !== undefined && !(Array.isArray(kinds) && kinds.every((kind) => kind === 'full_attention')))
      keys.refuse('layer_types', 'every layer must have full_attention');
  }
  return {
    layout: 'llama',
    dimensions: {
      layers,
      width,
      heads,
      keyValueHeads,
      headWidth,
      neurons: keys.size('intermediate_size'),
      vocabulary,
      positions,
      context: kept,
      tied: keys.flag('tie_word_embeddings', false),
      queryKeyValueBias: bias || type === 'qwen2',
      outputBias: bias,
    },
    config: {
      normalization_type: 'RMS',
      final_rms: true,
      gated_mlp: true,
      eps: keys.number('rms_norm_eps', 1e-6),
      act_fn: activation(keys, 'hidden_act', 'silu'),
      ...rotary(keys, headWidth, 1, false),
      // as many as heads is ordinary attention
      ...(keyValueHeads === heads ? {} : { n_key_value_heads: keyValueHeads }),
    },
  };
}

export const families: Readonly<
  Record<
    string,
    {
      readonly architectures: readonly string[];
      /** of models that name a label for each token */
      readonly classifying?: string;
      readonly parse: (keys: Keys, context: Context) => FamilyConfig;
    }
  >
> = {
  gpt2: {
    architectures: ['GPT2LMHeadModel', 'GPT2Model'],
    classifying: 'GPT2ForTokenClassification',
    parse: gpt2,
  },
  gpt_neox: {
    architectures: ['GPTNeoXForCausalLM', 'GPTNeoXModel'],
    classifying: 'GPTNeoXForTokenClassification',
    parse: gptNeox,
  },
  llama: {
    architectures: ['LlamaForCausalLM', 'LlamaModel', 'LLaMAForCausalLM'],
    parse: (keys, context) => llama(keys, context, 'llama'),
  },
  mistral: {
    architectures: ['MistralForCausalLM', 'MistralModel'],
    parse: (keys, context) => llama(keys, context, 'mistral'),
  },
  qwen2: { architectures: ['Qwen2ForCausalLM', 'Qwen2Model'], parse: (keys, context) => llama(keys, context, 'qwen2') },
};
