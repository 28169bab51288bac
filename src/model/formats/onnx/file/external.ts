/** Weights that lie in files beside the graph. */
import { dirname, isAbsolute } from 'node:path';
import { FileError, ModelError } from '../../../../errors.js';
import { readLimited } from '../../../../io/files.js';
import { fileBelow } from '../../../../io/folder.js';
import { show, type OnnxFile, type TensorProto } from './messages.js';

export interface ExternalFile {
  readonly location: string;
  /** where it really is */
  readonly path: string;
  readonly data: Uint8Array;
}

const trust =
  'a model may only name files in its own folder and below: put the file there, as a copy and not as a link, or export the model as one file';

function outside(where: string, location: string, why: string): never {
  throw new FileError({ what: `weights are said to lie in ${show(location)}, ${why}`, where, hint: trust });
}

/** The path of a file in the model's folder. @throws FileError for one outside of it, by name or by link */
async function inFolder(folder: string, location: string, where: string): Promise<string> {
  if (location.includes('\0')) outside(where, location, 'which is no name of a file');
  if (isAbsolute(location) || /^[a-z]:/i.test(location) || location.startsWith('\\'))
    outside(where, location, 'an absolute path');
  if (location.split(/[\\/]/).includes('..')) outside(where, location, 'which leads out of the folder');
  const path = await fileBelow(folder, location);
  if (path === undefined)
    throw new FileError({
      what: `the weights in ${show(location)} are not there`,
      where,
      hint: 'keep the files of a model together',
    });
  return path;
}

/**
 * Reads the files that hold weights, each once.
 * @throws FileError for a file outside the model's folder, one that is missing or too short
 * @throws ModelError where they come to more than `maxBytes`
 */
export async function readExternal(file: OnnxFile, path: string, maxBytes: number): Promise<ExternalFile[]> {
  const byLocation = new Map<string, TensorProto[]>();
  for (const node of file.nodes)
    for (const { tensor } of node.attributes.values())
      if (tensor?.external)
        throw new ModelError({
          what: `a node has a constant in the file ${show(tensor.external.location)}`,
          where: path,
          hint: 'only initializers may lie in other files: export the model as one file',
        });
  for (const tensor of file.initializers) {
    if (!tensor.external) continue;
    const there = byLocation.get(tensor.external.location);
    if (there) there.push(tensor);
    else byLocation.set(tensor.external.location, [tensor]);
  }
  const files: ExternalFile[] = [];
  let left = maxBytes;
  for (const [location, tensors] of byLocation) {
    const real = await inFolder(dirname(path), location, path);
    const data = await readLimited(real, path, left);
    left -= data.length;
    for (const { name, external } of tensors) {
      const { offset, length } = external!;
      if (offset + length > data.length)
        throw new FileError({
          what: `the weights ${show(name)} end at byte ${offset + length} of ${show(location)}, which has ${data.length}`,
          where: path,
          hint: 'the file is cut off, or belongs to another model: get both again',
        });
    }
    files.push({ location, path: real, data });
  }
  return files;
}
