/** `congruity export-inputs`: writes what a program elsewhere needs to make a fingerprint. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FileError } from '../src/errors.js';
import { exportInputs, writeExportedInputs } from '../src/fingerprint/exported-inputs.js';
import { isEntryFile, readFingerprint } from '../src/fingerprint/file.js';
import { plural } from '../src/format.js';
import { shownPath } from '../src/io/system.js';
import { removeTemporary, temporaryFolder } from '../src/io/temporary.js';
import { makeFolder } from '../src/io/whole-file.js';
import { oneLine } from '../src/plain.js';
import { hfTokenizer } from '../src/tokenizers/hf-tokenizer.js';
import { taskOf } from '../suites/task.js';
import { integer, notEmpty } from './arguments.js';
import { findConfig, loadConfig } from './config.js';
import { gateOf } from './one-gate.js';

/** As typed: texts. */
export interface ExportInputsArguments {
  readonly config?: string | undefined;
  readonly gate?: string | undefined;
  readonly out?: string | undefined;
  readonly like?: string | undefined;
  readonly tokenizer?: string | undefined;
  readonly draws?: string | undefined;
  readonly seed?: string | undefined;
}

/**
 * Runs the command and returns its exit code, 0.
 * @throws OptionError, FileError, FingerprintError, TaskError and whatever config and task throw: nothing is written then
 */
export async function exportInputsCommand(args: ExportInputsArguments): Promise<0> {
  for (const name of ['config', 'out', 'like', 'tokenizer'] as const)
    notEmpty(args[name], `--${name}`, `--${name} path`);
  const seed = integer(args.seed, '--seed', Number.MIN_SAFE_INTEGER);
  const draws = integer(args.draws, '--draws', 1);
  const out = resolve(args.out ?? 'inputs.safetensors');
  if (existsSync(out) && !(await isEntryFile(out, 'inputs')))
    throw new FileError({ what: 'something else is there', where: out, hint: 'name another file: --out' });
  const work = temporaryFolder('inputs');
  try {
    const loaded = await loadConfig(findConfig(args.config, process.cwd()), work, 'tasks');
    const { config, folder } = loaded;
    const gate = gateOf(loaded, args.gate);
    const task = await taskOf(loaded.tasks.get(gate) ?? gate.task, folder);
    const like = args.like === undefined ? undefined : await readFingerprint(resolve(args.like), args.like);
    const { inputs, sites, pool, measure, budget, seed: own } = { ...gate.options };
    const exported = await exportInputs({
      on: task,
      tokenizer: args.tokenizer === undefined ? undefined : await hfTokenizer(resolve(args.tokenizer)),
      ...(like
        ? { like }
        : { seed: seed ?? own ?? config.seed, draws: draws ?? budget?.draws, inputs, sites, pool, measure }),
    });
    makeFolder(dirname(out), 'name another place: --out');
    const bytes = writeExportedInputs(out, exported);
    const { said } = exported;
    process.stdout.write(
      `${oneLine(shownPath(out))}: ${oneLine(said.task.name)}, ${plural(said.inputs.count, 'input')}, ${plural(said.draws.length, 'draw')}${like ? ` as of ${oneLine(args.like!)}` : ''}, ${(bytes / 2 ** 20).toFixed(1)} MiB\n`,
    );
    return 0;
  } finally {
    removeTemporary(work);
  }
}
