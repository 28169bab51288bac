// Callbacks of `fit` and `fitDataset`: a fingerprint of the network after each epoch.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CustomCallbackArgs, LayersModel } from '@tensorflow/tfjs-layers';
import { BehaviourError, fingerprint, tfjsModel, writeFingerprint, type FingerprintOptions } from 'congruity';

/** Writes `epoch-1.safetensors` and so on. An epoch after which the network does not do the task has no fingerprint. */
export function fingerprints(net: LayersModel, folder: string, options: FingerprintOptions): CustomCallbackArgs {
  mkdirSync(folder, { recursive: true });
  return {
    async onEpochEnd(epoch, logs) {
      const name = `epoch ${epoch + 1}`;
      let said = 'written';
      try {
        const made = await fingerprint(tfjsModel(net, { name }), options);
        writeFingerprint(join(folder, `epoch-${epoch + 1}.safetensors`), made);
      } catch (error) {
        if (!(error instanceof BehaviourError)) throw error;
        said = 'none yet';
      }
      console.log(`${name}: accuracy ${(logs!.acc as number).toFixed(3)}, fingerprint ${said}`);
    },
  };
}
