/** Fingerprints as files: the entries of a cache (docs/cache.md), under names of their own. */
import { FileError, FingerprintError } from '../errors.js';
import { exactKey } from '../exact-key.js';
import { readLimited } from '../io/files.js';
import { openSafetensors } from '../io/safetensors.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { systemSays } from '../io/system.js';
import { replaceFile } from '../io/whole-file.js';
import { packedLength } from '../representation/packed.js';
import { hash } from 'node:crypto';
import { digestOfEntry, encodeEntry, readEntry, valueAsRead, type Entry } from '../cache/entry.js';
import { lookedAt } from '../implementations/looked-at.js';
import { Fingerprint } from './fingerprint.js';
import { FORMAT, fingerprintSchema, KIND, tensorNames, type FingerprintSaid } from './format.js';

/** Bytes that a fingerprint may have: safetensors are read whole. */
const MOST = 2 ** 31 - 1;

/** What a fingerprint is of: the key of its entry. */
const keyOf = ({ model, task, inputs, options, draws }: FingerprintSaid): string =>
  hash('sha256', exactKey([model.fingerprint, task.name, inputs.digest, { ...options }, draws.length]) ?? '');

/** As an entry, and its key. */
const entryOf = (said: FingerprintSaid, tensors: ReadonlyMap<string, TensorToWrite>): [key: string, entry: Entry] => [
  keyOf(said),
  { kind: KIND, about: `${said.model.name} on ${said.task.name}`, rows: 0, value: said, tensors },
];

/** The bytes of a file. */
export const encodeFingerprint = (said: FingerprintSaid, tensors: ReadonlyMap<string, TensorToWrite>): Uint8Array =>
  encodeEntry(...entryOf(said, tensors));

/** Every tensor that what is said asks for, by name, with its shape. */
function tensorsOf({ draws, inputs, outputs, responses }: FingerprintSaid): Map<string, readonly number[]> {
  const wanted = new Map<string, readonly number[]>();
  const triangle = [packedLength(inputs.measured)];
  draws.forEach(({ sample, controls }, index) => {
    for (const size of controls) wanted.set(tensorNames.control(index, size), triangle);
    const put = (name: string): void => {
      wanted.set(`${tensorNames.draw(index)}${name}`, triangle);
    };
    const { sites, perSite, looks } = sample;
    const stored = perSite ? sites : looks ? lookedAt(sites.length).map((at) => sites[at]!) : [];
    for (const site of stored) put(`gram.${site}`);
    if (stored.length < sites.length) put('gram');
  });
  if (typeof outputs === 'number') wanted.set(tensorNames.outputs, [inputs.count, outputs]);
  if ('pairs' in responses) {
    const shape = [responses.pairs.length, responses.answers];
    wanted.set(tensorNames.base, shape);
    wanted.set(tensorNames.source, shape);
    responses.roles.forEach((_, index) => wanted.set(tensorNames.role(index), shape));
  }
  return wanted;
}

/** What a fingerprint says, if it is as the format has it and all its tensors are there. @throws FileError */
function checked(value: unknown, tensors: ReadonlyMap<string, TensorToWrite>, where: string): FingerprintSaid {
  const found = fingerprintSchema.safeParse(value);
  if (!found.success) {
    const [issue] = found.error.issues;
    throw new FileError({
      what: `what the fingerprint says is not as the format has it: ${issue!.path.join('.')}: ${issue!.message}`,
      where,
      hint: 'mend whatever wrote it (docs/fingerprint.md), or make it anew',
    });
  }
  const said = found.data as FingerprintSaid;
  for (const [name, shape] of tensorsOf(said)) {
    const stored = tensors.get(name);
    if (stored?.shape.join('x') !== shape.join('x'))
      throw new FileError({
        what: `tensor ${JSON.stringify(name)} ${stored ? `has shape [${stored.shape.join(', ')}]` : 'is missing'}, and should have [${shape.join(', ')}]`,
        where,
        hint: 'mend whatever wrote it (docs/fingerprint.md), or make it anew',
      });
    if (stored.data.some((x) => !Number.isFinite(x)))
      throw new FileError({
        what: `tensor ${JSON.stringify(name)} holds values that are no finite numbers`,
        where,
        hint: 'make it anew, with float64 where values are beyond float32',
      });
  }
  return said;
}

/**
 * A fingerprint from its bytes.
 * @param where what messages call it
 * @throws FileError for what is damaged; FingerprintError for a file of another kind or of another version of the format
 */
export function parseFingerprint(bytes: Uint8Array, where: string): Fingerprint {
  const { kind, value, tensors, digest } = readEntry(bytes, where);
  if (kind !== KIND)
    throw new FingerprintError({
      what: `this holds a ${JSON.stringify(kind.slice(0, 40))} of a cache, and no fingerprint`,
      where,
      hint: 'give a file that `congruity fingerprint` wrote',
    });
  const format = (value as { readonly format?: unknown } | null)?.format;
  if (format !== FORMAT)
    throw new FingerprintError({
      what: `this is a fingerprint of format ${JSON.stringify(format)}, and only ${FORMAT} is read`,
      where,
      hint: 'make it again with this version of congruity, or read it with the version that wrote it',
    });
  return new Fingerprint(checked(value, tensors, where), digest, where, tensors);
}

/**
 * A fingerprint that was just made, as whoever reads its file has it.
 * @throws FileError where it is not as the format has it
 */
export function madeFingerprint(
  value: FingerprintSaid,
  tensors: ReadonlyMap<string, TensorToWrite>,
  where: string,
): Fingerprint {
  const said = checked(valueAsRead(value), tensors, where);
  return new Fingerprint(said, digestOfEntry(...entryOf(said, tensors)), where, tensors);
}

/**
 * Reads a fingerprint.
 * @throws FileError where it is missing, unreadable or damaged; FingerprintError where it is of another kind or format
 */
export async function readFingerprint(path: string, where = path): Promise<Fingerprint> {
  return parseFingerprint(await readLimited(path, where, MOST, 'a fingerprint has at most 2 GiB'), where);
}

/** Writes a file whole or not at all, and says how many bytes that are. @throws FileError */
export function writeWhole(path: string, bytes: Uint8Array, what: string): number {
  try {
    replaceFile(path, bytes);
  } catch (cause) {
    throw new FileError({
      what: `${what} cannot be written: ${systemSays(cause)}`,
      where: path,
      hint: 'check the folder, its permissions and the room on the disk',
      cause,
    });
  }
  return bytes.length;
}

/** Writes a fingerprint whole or not at all, and says how many bytes that are. @throws FileError */
export const writeFingerprint = (path: string, { said, tensors }: Fingerprint): number =>
  writeWhole(path, encodeFingerprint(said, tensors), 'the fingerprint');

/** Which kind of entry a file says it is; what it holds is not looked at. Undefined for what is of another program. @throws FileError where it cannot be read */
async function entryKind(path: string, where = path): Promise<string | undefined> {
  if (!path.endsWith('.safetensors')) return undefined;
  const file = await openSafetensors(path, where);
  await file.close();
  const { metadata } = file;
  return metadata['congruity'] === undefined ? undefined : metadata['kind'];
}

/** True for a file that says it is an entry of a kind. */
export const isEntryFile = (path: string, kind: string): Promise<boolean> =>
  // whoever opens it as a model says what is wrong
  entryKind(path).then(
    (found) => found === kind,
    () => false,
  );

/** True for a file that says it is a fingerprint. */
export const isFingerprintFile = (path: string): Promise<boolean> => isEntryFile(path, KIND);

/** The same, of a file that may be damaged. @throws FileError where that cannot be known */
export const saysFingerprint = async (path: string, where: string): Promise<boolean> =>
  (await entryKind(path, where)) === KIND;
