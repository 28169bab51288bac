/** The command line: what it takes, and what it says when it fails. */
import chalk from 'chalk';
import { Command, CommanderError } from 'commander';
import { wantsColour } from '../reports/colour.js';
import { isCongruityError } from '../src/errors.js';
import { oneLine, plainText } from '../src/plain.js';
import { version } from '../src/version.js';
import { configNames } from './config-names.js';
import type { GateArguments } from './gate.js';
import { NOT_JUDGED, systemFault } from './last-resort.js';
import type { SuiteArguments } from './suite.js';

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
    .command('suite')
    .description(
      'run a published experiment by its name; without one, list them; exit 0: it is complete, 2: it failed or was interrupted, and the same command goes on',
    )
    .argument('[name]', 'name of the suite')
    .option('--full', 'the sizes of the published experiment, which take longer')
    .option('--out <folder>', 'where the result is kept, and gone on from (default: congruity-suite)')
    .option('--models <folder>', 'trained models that the suite compares as well')
    .option('--seed <integer>', 'everything random follows from it (default: 0)')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (name: string | undefined, args: SuiteArguments) => {
      const { suiteCommand } = await import('./suite.js');
      finish(await suiteCommand(name, args));
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
