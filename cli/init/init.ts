/** `congruity init`: looks at what is there, writes a config, a test and a workflow, and runs the first gate. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileError } from '../../src/errors.js';
import { systemSays } from '../../src/io/system.js';
import { oneLine } from '../../src/plain.js';
import { whatIsLoaded } from '../../src/model/formats/index.js';
import { gateCommand } from '../gate.js';
import { NOT_JUDGED } from '../last-resort.js';
import { configFile, isComplete, testFile, workflowFile, type NewFile } from './files.js';
import { chosenPair, lookAround, type Found } from './look.js';

const say = (text: string): void => void process.stdout.write(`${oneLine(text)}\n`);

/** Writes a file where there is none. @throws FileError */
function write(folder: string, { path, text }: NewFile): void {
  const file = join(folder, path);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
    say(`  written       ${path}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(file)) say(`  left as it is ${path}`);
    else
      throw new FileError({
        what: `the file cannot be written: ${systemSays(error)}`,
        where: path,
        hint: 'run it in a folder that can be written',
        cause: error,
      });
  }
}

function missing({ noManifest, installed, runner, manager }: Found): string[] {
  const add = manager === 'npm' ? 'npm install --save-dev' : `${manager} add --save-dev`;
  return [
    ...(noManifest === undefined ? [] : [noManifest]),
    ...(installed ? [] : [`${runner} is not among the packages of package.json: ${add} ${runner} fast-check`]),
  ];
}

/** A test loads a config of its own kind. */
const loads = (config: string, { language, runner }: Found): boolean =>
  config.endsWith(`.${language}`) || (runner === 'vitest' && /\.(ts|mts|js|mjs)$/.test(config));

/**
 * Runs the command and returns its exit code: that of the first gate; 0 where none was to run; 2 where something is missing.
 * @throws FileError, and whatever the gate throws
 */
export async function initCommand(args: { readonly run?: boolean }): Promise<0 | 1 | 2> {
  const folder = process.cwd();
  const found = await lookAround(folder);
  for (const { path, why, hint } of found.refused) {
    say(`${path} looks like a model and does not load: ${why}`);
    if (hint !== undefined) say(`  do: ${hint}`);
  }
  const pair = chosenPair(found.models);
  if (found.config === undefined && pair === undefined) {
    if (found.refused.length > 0)
      say('No model loads, and nothing was written. Run congruity init again when one does.');
    else {
      say(`No model was found here, and nothing was written. congruity loads ${whatIsLoaded}.`);
      say('Put one here or below, as in models/v1.safetensors, and run congruity init again.');
    }
    return NOT_JUDGED;
  }
  for (const { path, kind, tokens } of found.models)
    say(`${path}: ${kind}${tokens ? `, ${tokens.vocabulary} tokens, at most ${tokens.longest} of them` : ''}`);
  if (found.config !== undefined) say(`  left as it is ${found.config}`);
  const config = found.config === undefined ? configFile(pair!, found) : undefined;
  if (config) write(folder, config);
  const name = config?.path ?? found.config!;
  if (loads(name, found)) write(folder, testFile(name, found));
  write(folder, workflowFile(found));
  for (const one of missing(found)) say(`  missing       ${one}`);
  if (config && !isComplete(pair!.baseline)) {
    say(`Write what your model takes into \`inputs\` of ${name}, then: npx congruity gate`);
    return NOT_JUDGED;
  }
  if (args.run === false) {
    say('Next: npx congruity gate');
    return 0;
  }
  if (config)
    say(
      pair!.baseline === pair!.candidate
        ? `The first gate holds ${pair!.baseline.path} against itself.`
        : `The first gate holds ${pair!.candidate.path} against the older ${pair!.baseline.path}.`,
    );
  return gateCommand(name, {});
}
