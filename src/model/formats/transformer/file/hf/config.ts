/** From a Hugging Face config.json to TransformerLens's words. What changes the computation is translated or refused by name; nothing is guessed. */
import { ModelError } from '../../../../../errors.js';
import { nearest } from '../../../../../options.js';
import { isObject, type JsonObject } from '../../../../../io/json.js';
import { harmless, saysNothingNew } from './config-keys.js';
import { families, type FamilyConfig } from './families.js';
import { Keys } from './keys.js';

export interface HuggingFaceConfig extends FamilyConfig {
  readonly modelType: string;
}

export interface ConfigOptions {
  /** the longest input, where it is to be less than the model's own */
  readonly contextLength?: number | undefined;
  /** keys that are not known here and that the caller knows not to change what the model computes */
  readonly passOver?: readonly string[] | undefined;
}

/** How many labels there are: those that id2label names, two where it names none, as transformers has it. */
function labelsOf(json: JsonObject, keys: Keys): number {
  const named = json['id2label'] ?? undefined;
  const count = isObject(named) ? Object.keys(named).length : named === undefined ? keys.size('num_labels', 2) : 0;
  if (count === 0 || (isObject(named) && Array.from({ length: count }, (_, i) => named[i]).includes(undefined)))
    keys.refuse('id2label', 'it must name labels by the numbers from 0 on');
  return count;
}

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
  const { architectures, classifying, parse } = families[modelType]!;
  const named = keys.value('architectures');
  const classifies =
    classifying !== undefined && Array.isArray(named) && named.length === 1 && named[0] === classifying;
  if (
    named !== undefined &&
    !classifies &&
    !(Array.isArray(named) && named.every((name) => typeof name === 'string' && architectures.includes(name)))
  ) {
    keys.refuse(
      'architectures',
      `of ${modelType} models the language model is known${classifying === undefined ? '' : ', and that which labels tokens'}: ${[...architectures, ...(classifying === undefined ? [] : [classifying])].join(', ')}`,
    );
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
  const labels = classifies ? labelsOf(json, keys) : undefined;
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
    dimensions: { ...parsed.dimensions, ...(labels !== undefined && { labels, tied: false }) },
    config: {
      n_layers: layers,
      d_model: width,
      n_heads: heads,
      d_head: headWidth,
      d_mlp: neurons,
      d_vocab: vocabulary,
      ...(labels !== undefined && { d_vocab_out: labels }),
      n_ctx: context,
      attention_dir: 'causal',
      tie_word_embeddings: tied && labels === undefined,
      ...parsed.config,
    },
  };
}
