/** Files of other programs that are taken for a model's: told by how they begin, so that a message names them and not the bytes that do not fit. */

export interface Foreign {
  readonly what: string;
  readonly hint: string;
}

/** How many bytes of a file are looked at. */
export const foreignBytes = 160;

const fromPyTorch =
  "in Python, load the model with transformers and write it with model.save_pretrained(folder, safe_serialization=True); bare tensors with safetensors.torch.save_file(torch.load(path, weights_only=True), 'model.safetensors')";

const startsWith =
  (...beginnings: readonly string[]) =>
  (text: string): boolean =>
    beginnings.some((begin) => text.startsWith(begin));

const zip = 'PK\x03\x04';

/** The first that fits. */
const kinds: readonly (readonly [is: (text: string) => boolean, what: string, hint: string])[] = [
  [
    (text) => text.startsWith(zip) && /data\.pkl|\.data\/|byteorder/.test(text),
    'this is a checkpoint of PyTorch: a pickle in a zip file, which would run code to be read',
    fromPyTorch,
  ],
  [
    startsWith(zip),
    'this is a zip archive',
    `unpack it and give what is in it; a checkpoint of PyTorch is converted: ${fromPyTorch}`,
  ],
  [
    startsWith('\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'),
    'this is a pickle of Python (an old checkpoint of PyTorch, most likely), which would run code to be read',
    fromPyTorch,
  ],
  [
    startsWith('GGUF', 'lmgg', 'fmgg', 'tjgg'),
    'this is a GGUF or ggml file of llama.cpp',
    'use the checkpoint it was made from, in safetensors',
  ],
  [
    startsWith('\x89HDF\r\n'),
    'this is an HDF5 file (weights of Keras, most likely)',
    'convert it for tfjs with tensorflowjs_converter, or export the model as ONNX',
  ],
  [(text) => text.slice(4, 8) === 'TFL3', 'this is a model of TensorFlow Lite', 'export the model as ONNX'],
  [
    startsWith('version https://git-lfs'),
    'this is a pointer of Git LFS, not the file it stands for',
    'fetch the file itself: git lfs pull',
  ],
  [
    (text) => /^\s*<(?:!DOCTYPE|html)/i.test(text),
    'this is a web page, not the file it was to be',
    'download the file itself',
  ],
  // a header of less than 16 MB, and JSON
  [
    (text) => text.slice(3, 8) === '\0\0\0\0\0' && /^\{\s*"/.test(text.slice(8)),
    'this is a file of safetensors',
    'give it the ending .safetensors',
  ],
];

/** What a file that begins with these bytes is, where it is of one of the kinds that are often given for another. */
export function foreign(start: Uint8Array): Foreign | undefined {
  const text = String.fromCharCode(...start.subarray(0, foreignBytes));
  const found = kinds.find(([is]) => is(text));
  return found && { what: found[1], hint: found[2] };
}
