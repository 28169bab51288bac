/** The formats of models that `load` takes: a new one is its file, and its line in `formats`. What `load` takes, its options, messages and the tables of docs/models.md follow. */
import type { MergedOptions, ModelFormat } from './format.js';
import { onnx } from './onnx/format.js';
import { tfjs } from './tfjs/format.js';
import { huggingFace } from './transformer/huggingface.js';
import { llama2c } from './transformer/llama2c.js';
import { transformerLens } from './transformer/transformerlens.js';

/** In the order in which they are asked: a model.json has .bin files beside it, a Hugging Face checkpoint may have ONNX exports. */
const all = [huggingFace, tfjs, onnx, transformerLens, llama2c] as const;

/** Options of `load`. What the format at hand does not take is an OptionError. */
export interface LoadOptions extends MergedOptions<Parameters<(typeof all)[number]['load']>[1]> {}

export const formats: readonly ModelFormat[] = all;

/** `an .onnx file, a tfjs model.json, ...`, for messages. */
export const whatIsLoaded = `${formats.map(({ takes }) => takes).join(', ')}; or a folder that holds one of these`;
