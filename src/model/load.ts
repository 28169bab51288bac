/** From files to a model. */
import { OptionError } from '../errors.js';
import { recipeByPath } from './away.js';
import { EngineModel } from './engine-model.js';
import { formats, type LoadOptions } from './formats/index.js';
import { isModel, towardsModel } from './is-model.js';
import type { Model } from './model.js';
import { recognise } from './recognise.js';

export type { LoadOptions };

/**
 * Loads a model. Nothing in its files is executed, nothing outside its folder is read.
 * @param path a file or a folder; docs/models.md has the formats and their options
 * @throws FileError where a file is missing, damaged or hostile
 * @throws ModelError where the model is of no known format, or what it holds contradicts itself or is not supported
 * @throws BackendError where a package that the format needs is not installed
 * @throws OptionError
 */
export async function load(path: string, options: LoadOptions = {}): Promise<Model> {
  if (typeof path !== 'string' || path === '')
    throw new OptionError({
      what: `the path of a model is ${typeof path === 'string' ? 'empty' : `no text but ${isModel(path) ? 'a model' : typeof path}`}`,
      where: 'load',
      hint: isModel(path)
        ? 'use the model: it is loaded already'
        : typeof path === 'object' && path !== null
          ? `give the path of a file or a folder; or ${towardsModel(path)}`
          : 'give the path of a file or a folder',
    });
  const given: Readonly<Record<string, unknown>> = options;
  const settled = formats.find(({ settledBy }) => settledBy !== undefined && given[settledBy] !== undefined);
  const found = settled ? { format: settled, path } : await recognise(path);
  const model = await found.format.load(found.path, given);
  if (model instanceof EngineModel && !model.recipe) model.recipe = recipeByPath(model, found.path, given);
  return model;
}
