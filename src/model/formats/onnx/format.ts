/** ONNX, as `load` takes it. */
import { tokenizerFrom } from '../../../tokenizers/from-option.js';
import { modelFormat } from '../format.js';
import { tokenized, type TokenizedOptions } from '../options.js';
import { endingIn } from '../place.js';
import { onnxShape, type OnnxOptions } from './options.js';

export const onnx = modelFormat<'onnx', Omit<OnnxOptions, 'tokenizer'> & TokenizedOptions>({
  id: 'onnx',
  description: 'ONNX',
  takes: 'an .onnx file',
  files: '`.onnx`, with its files of weights beside it',
  needs: ['onnxruntime-node'],
  options: { ...onnxShape, ...tokenized },
  recognises: (place) => endingIn('.onnx', place),
  load: async (path, { tokenizer, ...options }) =>
    (await import('./file/load.js')).loadOnnx(path, { ...options, tokenizer: await tokenizerFrom(tokenizer) }),
});
