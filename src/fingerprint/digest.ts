/** Inputs as a model takes them, as a digest that whoever writes a fingerprint elsewhere can make as well (docs/fingerprint.md). */
import { createHash } from 'node:crypto';
import { contentKey, shapeKey, type ModelInput } from '../model/input.js';

/** SHA-256 (hex) over a line for each input: its size, a space, and what it holds. */
export function inputsDigest(inputs: readonly ModelInput[]): string {
  const digest = createHash('sha256');
  for (const input of inputs) digest.update(`${shapeKey(input)} ${contentKey(input)}\n`);
  return digest.digest('hex');
}
