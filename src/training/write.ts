/** A trained model as files. */
import { FileError } from '../errors.js';
import { writeSafetensors } from '../io/safetensors-write.js';
import { systemSays } from '../io/system.js';
import { replaceFile } from '../io/whole-file.js';
import type { Training } from './train.js';

/**
 * Writes a trained model so that `load('NAME.safetensors')` reads it, and what is known of it beside it.
 * @param path without an ending: NAME.safetensors (weights), NAME.json (the transformer's config), NAME.alignment.json, NAME.training.json (accuracies, history, why it stopped)
 * @throws FileError where one cannot be written
 */
export async function writeTraining(
  { model, alignment, accuracy, history, stopped, steps }: Training,
  path: string,
): Promise<void> {
  const write = (ending: string, value: unknown): void => {
    try {
      replaceFile(`${path}.${ending}`, `${JSON.stringify(value, undefined, 2)}\n`);
    } catch (cause) {
      throw new FileError({
        what: `the file cannot be written: ${systemSays(cause)}`,
        where: `${path}.${ending}`,
        hint: 'check the folder and the permissions',
        cause,
      });
    }
  };
  write('json', model.config);
  write('alignment.json', alignment);
  write('training.json', { name: model.name, stopped, steps, accuracy, history });
  // last: where there are weights, the rest is there
  await writeSafetensors(`${path}.safetensors`, model.weights);
}
