/** The command line: what it takes, and what it says when it fails. */
import chalk from 'chalk';
import { Command, CommanderError, Option } from 'commander';
import { wantsColour } from '../reports/colour.js';
import { isCongruityError } from '../src/errors.js';
import { oneLine, plainText } from '../src/plain.js';
import { version } from '../src/version.js';
import { configNames } from './config-names.js';
import type { CacheArguments } from './cache.js';
import type { GateArguments } from './gate.js';
import { NOT_JUDGED, systemFault } from './last-resort.js';
import type { TrainArguments } from './train.js';

/** What the terminal says of an error. */
export function explain(error: unknown): string {
  const style = new chalk.Instance({ level: wantsColour(process.stderr, process.env) ? 1 : 0 });
  if (!isCongruityError(error)) {
    const fault = systemFault(error);
    if (fault !== undefined) return `${style.red('congruity could not go on')}: ${oneLine(fault)}\n`;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${style.red('congruity failed')} in a way it did not foresee; please report this:\n${plainText(stack)}\n`;
  }
  return [
    `${style.red(error.name)} ${oneLine(error.what)}`,
    ...(error.where ? [`  ${style.bold('at:')} ${oneLine(error.where)}`] : []),
    ...(error.hint ? [`  ${style.bold('do:')} ${oneLine(error.hint)}`] : []),
    '',
  ].join('\n');
}

function program(finish: (code: number) => void): Command {
  const congruity = new Command('congruity')
    .description('Tests about how a network does its task, and gates for model releases.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride();
  congruity
    .command('gate')
    .description(
      'hold candidates against baselines, as a config says; exit 0: every gate holds, 1: one is violated or not established, 2: one could not be judged',
    )
    .argument(
      '[config]',
      `path of the config (default: ${configNames[0]!}, or .mts, .js, .mjs, .cjs, .json, in the current folder)`,
    )
    .option('--out <folder>', 'where the report goes (default: congruity-report)')
    .option('--seed <integer>', 'everything random follows from it (default: the config’s, else 0)')
    .option(
      '--backend <name>',
      'what computes: tfjs-node-gpu, tfjs-node, webgpu, wasm or cpu (default: the first that works)',
    )
    .option(
      '--only <name>',
      'run the gate of this name; may be given several times',
      (name: string, before: string[] = []) => [...before, name],
    )
    .option('--workers <n>', 'gates run at a time (default: as many as there are cores)')
    .option('--cache <folder>', 'where what is computed is kept for the next run (default: .congruity/cache)')
    .option('--no-cache', 'keep nothing, and use nothing that was kept')
    .option('--list', 'print the gates and run none')
    .option('--json', 'print report.json instead of text; with --list, the gates as JSON')
    .option(
      '--verbose',
      'print every gate in full; otherwise a line for each, and the first five that do not hold in full',
    )
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (config: string | undefined, args: GateArguments) => {
      // only now: help and version need neither the library nor a backend
      const { gateCommand } = await import('./gate.js');
      finish(await gateCommand(config, args));
    });
  congruity
    .command('cache')
    .description('list what gates kept of what they computed, or remove it')
    .argument('[folder]', 'the cache (default: .congruity/cache in the current folder)')
    .option('--clear', 'remove all of it')
    .option('--json', 'print JSON instead of text')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (folder: string | undefined, args: CacheArguments) => {
      const { cacheCommand } = await import('./cache.js');
      await cacheCommand(folder, args);
      finish(0);
    });
  congruity
    .command('train')
    .description(
      'train transformers to compute a program, with each variable in parts of its own; exit 0: every model has the accuracies asked for, 1: one has not, 2: one failed',
    )
    .argument('<file>', 'exports a program by default, or { program, architecture, alignment, ... }')
    .option('--out <folder>', 'where the models go (default: trained)')
    .option('--seeds <list>', 'a model for each, as in 1..4 or 1,3,8 (default: 0)')
    .option('--minutes <n>', 'for each model at most (default: no limit)')
    .option('--steps <n>', 'for each model at most (default: the file’s, else 10000)')
    .option('--workers <n>', 'models trained at a time (default: as many as there are cores)')
    .option(
      '--backend <name>',
      'what computes: tfjs-node-gpu, tfjs-node, webgpu, wasm or cpu (default: the first that works)',
    )
    .option('--resume', 'go on with what is in the folder, from the last checkpoints')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (file: string, args: TrainArguments) => {
      const { trainCommand } = await import('./train.js');
      finish(await trainCommand(file, args));
    });
  congruity
    .command('init')
    .description(
      'look for models and a test runner here, write a config, a test and a workflow where there are none, and run the first gate; exit code: that of the gate, 2 if something is missing',
    )
    .option('--no-run', 'only write the files')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (args: { run: boolean }) => {
      const { initCommand } = await import('./init/init.js');
      finish(await initCommand(args));
    });
  congruity
    .command('doctor')
    .description(
      'try each backend, runner and optional package, and say what works here, what does not, and what would help; exit 0: what congruity needs works, 1: it does not',
    )
    .argument('[names...]', 'what to try, as in congruity doctor wasm jest (default: all there is)')
    .option('--json', 'print JSON instead of text')
    // how the command tries one of them, in a process of its own
    .addOption(new Option('--here <name>').hideHelp())
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (names: string[], args: { json?: boolean; here?: string }) => {
      const { doctorCommand } = await import('./doctor/doctor.js');
      finish(await doctorCommand(names, args));
    });
  congruity
    .command('suite')
    .description(
      'run an experiment by its name or from a file of your own; without one, list them; exit 0: it is complete, 2: it failed or was interrupted, and the same command goes on',
    )
    .argument('[name]', 'name of the suite, or a file whose default export is one')
    .argument('[options...]', 'options of the suite: --models a b, --inputs 200 (docs/suites.md)')
    .option('--out <folder>', 'where the result is kept, and gone on from (default: congruity-suite)')
    .helpOption('-h, --help', 'print this help')
    .allowUnknownOption()
    .exitOverride()
    .action(async (name: string | undefined, typed: string[], args: { out?: string }) => {
      const { suiteCommand } = await import('./suite.js');
      finish(await suiteCommand(name, typed, args));
    });
  return congruity;
}

/**
 * Runs the command with these arguments and returns its exit code. What fails is told on stderr, and is 2.
 * @param args what a shell gives after the command's name
 */
export async function command(args: readonly string[]): Promise<number> {
  let code = NOT_JUDGED;
  try {
    await program((found) => (code = found)).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : NOT_JUDGED;
    // what cannot be started says why in an event of its own, which comes a moment later and ends the command
    if (!isCongruityError(error)) await new Promise(setImmediate);
    process.stderr.write(explain(error));
  }
  return code;
}
