/** From a Hugging Face config.json to TransformerLens's words. What changes the computation is translated or refused by name; nothing is guessed. */
import { ModelError } from '../../../../../errors.js';
import { nearest } from '../../../../../options.js';
import { isObject, type Json, type JsonObject } from '../../../../../io/json.js';
import type { TransformerConfigInput } from '../../graph/config.js';
import { Keys } from './keys.js';

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
  readonly queryKeyValueBias: boolean;
  readonly outputBias: boolean;
}

export interface HuggingFaceConfig {
  readonly layout: ModelFamily;
  readonly modelType: string;
  readonly dimensions: Dimensions;
  /** as `transformer` takes it */
  readonly config: TransformerConfigInput;
}

export interface ConfigOptions {
  /** the longest input, where it is to be less than the model's own */
  readonly contextLength?: number | undefined;
  /** keys that are not known here and that the caller knows not to change what the model computes */
  readonly passOver?: readonly string[] | undefined;
}

/**
 * Keys that do not change what a forward pass in evaluation mode, in float32, without a cache, computes. Keys that begin with `_` are passed over too.
 */
const harmless: readonly string[] = [
  // where it came from, and notes of other programs
  'model_type',
  'transformers.js_config',
  'unsloth_version',
  'unsloth_fixed',
  'custom_pipelines',
  'vocab_file',
  'author',
  'version',
  'description',
  'tags',
  'transformers_version',
  'torch_dtype',
  'dtype',
  'tokenizer_class',
  'name_or_path',
  'model_name',
  'finetuning_task',
  'problem_type',
  'license',
  'language',
  // training: dropout, initialisation, checkpointing, losses
  'attn_pdrop',
  'embd_pdrop',
  'resid_pdrop',
  'attention_dropout',
  'hidden_dropout',
  'classifier_dropout',
  'attention_probs_dropout_prob',
  'hidden_dropout_prob',
  'neftune_noise_alpha',
  'initializer_range',
  'gradient_checkpointing',
  'keys_to_ignore_at_inference',
  'use_cache',
  'pretraining_tp',
  'reorder_and_upcast_attn',
  'chunk_size_feed_forward',
  'is_decoder',
  'is_encoder_decoder_cache',
  // special tokens, which the tokenizer adds, and heads that are not run
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
  'unk_token_id',
  'sep_token_id',
  'cls_token_id',
  'mask_token_id',
  'decoder_start_token_id',
  'summary_type',
  'summary_use_proj',
  'summary_activation',
  'summary_proj_to_labels',
  'summary_first_dropout',
  'id2label',
  'label2id',
  'num_labels',
  // what is returned, and how text is generated
  'output_attentions',
  'output_hidden_states',
  'output_scores',
  'output_past',
  'return_dict',
  'return_dict_in_generate',
  'torchscript',
  'use_bfloat16',
  'tf_legacy_loss',
  'task_specific_params',
  'max_length',
  'min_length',
  'max_new_tokens',
  'do_sample',
  'early_stopping',
  'num_beams',
  'num_beam_groups',
  'diversity_penalty',
  'temperature',
  'top_k',
  'top_p',
  'typical_p',
  'repetition_penalty',
  'length_penalty',
  'no_repeat_ngram_size',
  'encoder_no_repeat_ngram_size',
  'bad_words_ids',
  'num_return_sequences',
  'prefix',
  'begin_suppress_tokens',
  'suppress_tokens',
  'forced_bos_token_id',
  'forced_eos_token_id',
  'remove_invalid_values',
  'exponential_decay_length_penalty',
  'prompt_template',
  'use_flash_attention',
  'use_flash_attention_2',
  'attn_implementation',
  'use_return_dict',
  'tokens_per_sample',
  // GPT-2's older name of n_positions, and others' for the longest input, which Hugging Face does not read either; Qwen2's, read only where windows are on
  'n_ctx',
  'n_special',
  'predict_special_tokens',
  'max_sequence_length',
  'model_max_length',
  'max_seq_len',
  'seq_length',
  'max_window_layers',
];

/** Keys that no model here needs, with the values that say what is computed anyway. */
const redundant: Readonly<Record<string, readonly Json[]>> = {
  is_llama_config: [true],
  use_mrope: [false],
  rope_interleaved: [false],
  activation: ['swiglu'],
  use_qk_norm: [false],
  qk_layernorm: [false],
  logit_scale: [1],
  embedding_multiplier: [1],
  residual_multiplier: [1],
  logits_scaling: [1],
};
/** What a model does here whether or not a config says so. Switched off, it would be another model. */
const essential =
  /rope|rotary|position|causal|norm|scale|scaling|residual|gate|glu|act|softmax|attention|attn|mlp|embed|bias/;

/** True where a key that is not known here is switched off, or says what is so anyway. */
const saysNothingNew = (key: string, value: Json | undefined): boolean =>
  Object.hasOwn(redundant, key)
    ? redundant[key]!.some((one) => JSON.stringify(one) === JSON.stringify(value))
    : value === false && !essential.test(key);

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

/** The one value that several places give, or the default. */
function agreed(keys: Keys, name: string, given: readonly (number | undefined)[], otherwise: number): number {
  const values = new Set(given.filter((value) => value !== undefined));
  if (values.size > 1)
    throw new ModelError({
      what: `the config gives ${name} as ${[...values].join(' and as ')}`,
      where: keys.where,
      hint: 'leave one of them',
    });
  return [...values][0] ?? otherwise;
}

/** Rotary embedding, from the keys of transformers 4 (rope_theta, rope_scaling, rotary_pct, ...) or 5 (rope_parameters). */
function rotary(keys: Keys, headWidth: number, defaultPart: number, partial: boolean): TransformerConfigInput {
  const older = keys.group('rope_scaling');
  const newer = keys.group('rope_parameters');
  if (older !== undefined && newer !== undefined)
    keys.refuse('rope_scaling', 'the config has rope_parameters too', 'leave one of them');
  const scaling = older ?? newer;
  const base = agreed(
    keys,
    'the base of the rotary embedding',
    [keys.positive('rope_theta'), keys.positive('rotary_emb_base'), scaling?.positive('rope_theta')],
    10000,
  );
  const part = agreed(
    keys,
    'the rotated part of a head',
    [keys.positive('rotary_pct'), keys.positive('partial_rotary_factor'), scaling?.positive('partial_rotary_factor')],
    defaultPart,
  );
  if (part > 1 || (!partial && part !== 1)) {
    throw new ModelError({
      what: `rotating ${part} of a head is not supported in this kind of model`,
      where: keys.where,
      hint: 'use a model that rotates whole heads',
    });
  }
  const rotated = Math.floor(headWidth * part);
  if (rotated < 2 || rotated % 2 !== 0) {
    throw new ModelError({
      what: `${part} of a head of width ${headWidth} are ${rotated} features, which cannot be rotated in pairs`,
      where: keys.where,
      hint: 'config.json must be the one that was saved with the weights',
    });
  }
  const config = {
    positional_embedding_type: 'rotary',
    rotary_dim: rotated,
    rotary_base: base,
    rotary_adjacent_pairs: false,
  };
  if (scaling === undefined) return config;
  const kind = scaling.text('rope_type', scaling.text('type', 'default'));
  if (kind === 'default') {
    scaling.nothingLeft();
    return config;
  }
  if (kind === 'linear') {
    const linear = { ...config, rotary_scaling_factor: scaling.number('factor') };
    scaling.nothingLeft();
    return linear;
  }
  if (kind !== 'llama3')
    keys.refuse(
      older !== undefined ? 'rope_scaling' : 'rope_parameters',
      'of the ways to stretch a rotary embedding linear and llama3 are known',
    );
  const stretched = {
    ...config,
    use_NTK_by_parts_rope: true,
    NTK_by_parts_factor: scaling.number('factor'),
    NTK_by_parts_low_freq_factor: scaling.number('low_freq_factor'),
    NTK_by_parts_high_freq_factor: scaling.number('high_freq_factor'),
    NTK_original_ctx_len: scaling.size('original_max_position_embeddings'),
  };
  if (stretched.NTK_by_parts_high_freq_factor <= stretched.NTK_by_parts_low_freq_factor)
    scaling.refuse('high_freq_factor', 'it must be larger than low_freq_factor');
  scaling.nothingLeft();
  return stretched;
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

type Parsed = Omit<HuggingFaceConfig, 'modelType'>;
/** the longest input, given the model's own */
type Context = (positions: number) => number;

function gpt2(keys: Keys, context: Context): Parsed {
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

function gptNeox(keys: Keys, context: Context): Parsed {
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

function llama(keys: Keys, context: Context, type: 'llama' | 'mistral' | 'qwen2'): Parsed {
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

const families: Readonly<
  Record<
    string,
    { readonly architectures: readonly string[]; readonly parse: (keys: Keys, context: Context) => Parsed }
  >
> = {
  gpt2: { architectures: ['GPT2LMHeadModel', 'GPT2Model'], parse: gpt2 },
  gpt_neox: { architectures: ['GPTNeoXForCausalLM', 'GPTNeoXModel'], parse: gptNeox },
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

/** True for what a config.json of Hugging Face looks like: TransformerLens's has neither key. */
export const isHuggingFaceConfig = (config: unknown): config is JsonObject =>
  isObject(config) && (typeof config['model_type'] === 'string' || Array.isArray(config['architectures']));

/**
 * Translates a config.json of transformers 4 or 5. Known model types: gpt2, gpt_neox, llama, mistral (inputs no longer than its window), qwen2.
 * @param where what messages call it
 * @throws ModelError for a value that is missing, wrong, or means something that is not supported, and for an unknown key
 */
export function huggingFaceConfig(
  json: JsonObject,
  options: ConfigOptions = {},
  where = 'config.json',
): HuggingFaceConfig {
  const keys = new Keys(json, where);
  const modelType = keys.text('model_type');
  if (!Object.hasOwn(families, modelType))
    keys.refuse(
      'model_type',
      `known are ${Object.keys(families).join(', ')}`,
      'export the model as ONNX, or use one of these',
    );
  const { architectures, parse } = families[modelType]!;
  const named = keys.value('architectures');
  if (
    named !== undefined &&
    !(Array.isArray(named) && named.every((name) => typeof name === 'string' && architectures.includes(name)))
  ) {
    keys.refuse('architectures', `of ${modelType} models the language model is known: ${architectures.join(', ')}`);
  }
  if (keys.value('auto_map') !== undefined)
    keys.refuse('auto_map', 'the model comes with code of its own, which is not run');
  if (keys.value('quantization_config') !== undefined)
    keys.refuse(
      'quantization_config',
      'weights must be float32, float16 or bfloat16',
      'use the model before it was quantised',
    );
  if (keys.flag('is_encoder_decoder', false)) keys.refuse('is_encoder_decoder', 'there is no encoder');
  const pruned = keys.value('pruned_heads');
  if (pruned !== undefined && !(isObject(pruned) && Object.keys(pruned).length === 0))
    keys.refuse('pruned_heads', 'every layer must have all its heads');
  const parsed = parse(keys, (positions) => Math.min(positions, options.contextLength ?? positions));
  const unknown = keys
    .left()
    .filter(
      (key) =>
        !(
          key.startsWith('_') ||
          harmless.includes(key) ||
          options.passOver?.includes(key) ||
          saysNothingNew(key, json[key])
        ),
    );
  if (unknown.length > 0) {
    const [near, quoted] = [
      unknown.map((key) => nearest(key, [...keys.asked, ...harmless])),
      unknown.map((key) => JSON.stringify(key)).join(', '),
    ];
    throw new ModelError({
      what: `${keys.shown(unknown)} ${unknown.length === 1 ? 'is' : 'are'} not supported: ${modelType} models are not known to have ${unknown.length === 1 ? 'this key; the nearest known one is' : 'these keys; the nearest known ones are'} ${near.join(', ')}`,
      where,
      hint: `if ${unknown.length === 1 ? 'it does' : 'they do'} not change what the model computes, give passOver: [${quoted}]`,
    });
  }
  const { layers, width, heads, headWidth, neurons, vocabulary, context, tied } = parsed.dimensions;
  return {
    modelType,
    ...parsed,
    config: {
      n_layers: layers,
      d_model: width,
      n_heads: heads,
      d_head: headWidth,
      d_mlp: neurons,
      d_vocab: vocabulary,
      n_ctx: context,
      attention_dir: 'causal',
      tie_word_embeddings: tied,
      ...parsed.config,
    },
  };
}
