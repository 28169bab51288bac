/** The command line: what it takes, and what it says when it fails. */
import chalk from 'chalk';
import { Command, CommanderError, Option } from 'commander';
import { wantsColour } from '../reports/colour.js';
import { isCongruityError } from '../src/errors.js';
import { shownPlace } from '../src/io/system.js';
import { oneLine, plainText } from '../src/plain.js';
import { version } from '../src/version.js';
import { configNames } from './config-names.js';
import type { CacheArguments } from './cache.js';
import type { ExportInputsArguments } from './export-inputs.js';
import type { FingerprintArguments } from './fingerprint.js';
import type { GateArguments } from './gate.js';
import type { LedgerArguments } from './ledger/ledger.js';
import type { MergeArguments } from './shards/merge.js';
import type { BisectArguments } from './line/bisect.js';
import type { DriftArguments } from './line/drift.js';
import type { VerifyArguments } from './line/verify.js';
import { NOT_JUDGED, systemFault } from './last-resort.js';
import type { TrainArguments } from './train.js';
import type { WorkArguments } from './queue/work.js';

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
    ...(error.where ? [`  ${style.bold('at:')} ${oneLine(shownPlace(error.where))}`] : []),
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
    .option(
      '--shard <i/n>',
      'run the i-th of n parts of the gates, which take much the same time; congruity merge makes one report of all',
    )
    .option(
      '--ledger <file>',
      'enter the evidence of each gate, and judge at levels that hold over all releases in it (default: none)',
    )
    .option('--queue <url>', 'let workers do it that take gates from this Redis (congruity work)')
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
    .command('merge')
    .description(
      'make one report of those of all shards of a run; exit code: that of the run on one machine, 2 if a shard is missing, there twice or of another run',
    )
    .argument('<folders...>', 'the reports’ folders')
    .option('--out <folder>', 'where the report goes (default: congruity-report)')
    .option('--ledger <file>', 'the ledger that the shards were judged for, in which their rows are entered')
    .option('--json', 'print report.json instead of text')
    .option('--verbose', 'print every gate in full')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (folders: string[], args: MergeArguments) => {
      const { mergeCommand } = await import('./shards/merge.js');
      finish(await mergeCommand(folders, args));
    });
  congruity
    .command('work')
    .description(
      'do the gates of a config that congruity gate --queue submits, and draw for gates of other workers, until Ctrl-C; exit 2: the queue cannot be reached',
    )
    .argument('[config]', 'path of the config, as for congruity gate')
    .requiredOption('--queue <url>', 'a Redis, as in redis://localhost:6379')
    .option('--workers <n>', 'jobs done at a time (default: 1)')
    .option('--idle <seconds>', 'end when nothing came for so long (default: never)')
    .option('--lost-after <seconds>', 'silence after which a worker is lost, and another does its gate (default: 30)')
    .option('--cache <folder>', 'where what is computed is kept for the next run (default: .congruity/cache)')
    .option('--no-cache', 'keep nothing, and use nothing that was kept')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (config: string | undefined, args: WorkArguments) => {
      const { workCommand } = await import('./queue/work.js');
      finish(await workCommand(config, args));
    });
  congruity
    .command('ledger')
    .description(
      'check a ledger of releases and print it, or begin one; exit 0: no alarm, 1: there is one, 2: the ledger is not in order',
    )
    .argument('<file>', 'the ledger')
    .option('--create', 'begin it')
    .option(
      '--hold <what>',
      'with --create: ever, the probability of any false alarm, or fdr, the share of false alarms (default: ever)',
    )
    .option('--alpha <rate>', 'with --create: the rate that is held (default: 0.05)')
    .option('--includes <hash>', 'a row that must be there: it shows that none were taken off the end since')
    .option('--json', 'print JSON instead of text')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (file: string, args: LedgerArguments) => {
      const { ledgerCommand } = await import('./ledger/ledger.js');
      finish(ledgerCommand(file, args));
    });
  congruity
    .command('fingerprint')
    .description(
      'write what a comparison needs of a model into a file, which a gate takes as its baseline in the place of the model',
    )
    .argument('<model>', 'path of the model')
    .option('--config <config>', `the config whose gate says task and options (default: ${configNames[0]!}, …)`)
    .option('--gate <name>', 'the gate (default: the only one)')
    .option(
      '--out <path>',
      'a file .safetensors, or a folder, where the file gets the name of the model (default: baselines)',
    )
    .option('--like <file>', 'make the interventions of this fingerprint, so that the two can be compared as twins')
    .option('--draws <n>', 'implementations drawn (default: the gate’s, else 40)')
    .option('--float64', 'keep Gram matrices as float64, which takes twice the bytes')
    .option('--seed <integer>', 'what is drawn follows from it (default: the gate’s, else 0)')
    .option(
      '--backend <name>',
      'what computes: tfjs-node-gpu, tfjs-node, webgpu, wasm or cpu (default: the first that works)',
    )
    .option('--cache <folder>', 'where what is computed is kept for the next run (default: .congruity/cache)')
    .option('--no-cache', 'keep nothing, and use nothing that was kept')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (model: string, args: FingerprintArguments) => {
      const { fingerprintCommand } = await import('./fingerprint.js');
      finish(await fingerprintCommand(model, args));
    });
  congruity
    .command('export-inputs')
    .description(
      'write the inputs, counterfactuals and pairs of a gate’s task, of which a program in Python makes a fingerprint of a model that runs there',
    )
    .option('--config <config>', `the config whose gate says task and options (default: ${configNames[0]!}, …)`)
    .option('--gate <name>', 'the gate (default: the only one)')
    .option('--out <file>', 'where they go (default: inputs.safetensors)')
    .option('--like <file>', 'ask for the interventions of this fingerprint, so that the two can be compared as twins')
    .option('--tokenizer <path>', 'tokenizer.json, or its folder, of a task whose inputs are text')
    .option('--draws <n>', 'implementations to be drawn (default: the gate’s, else 40)')
    .option('--seed <integer>', 'what is drawn follows from it (default: the gate’s, else 0)')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (args: ExportInputsArguments) => {
      const { exportInputsCommand } = await import('./export-inputs.js');
      finish(await exportInputsCommand(args));
    });
  congruity
    .command('drift')
    .description(
      'hold fingerprints of releases or checkpoints against the one before and against the first; exit 0: each does the task as the one before, 1: one does not, or that is not established, 2: something is wrong',
    )
    .argument('<files...>', 'fingerprints, or folders of them; in natural order of their names')
    .option('--as-given', 'in the order given')
    .option('--out <folder>', 'where the picture and the numbers go (default: congruity-drift)')
    .option('--seed <integer>', 'everything random follows from it (default: 0)')
    .option('--json', 'print drift.json instead of text')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (files: string[], args: DriftArguments) => {
      const { driftCommand } = await import('./line/drift.js');
      finish(await driftCommand(files, args));
    });
  congruity
    .command('bisect')
    .description(
      'find where in a line of fingerprints the task stopped being done as the first does it; exit 0: nowhere, 1: it is said where, 2: something is wrong',
    )
    .argument('<files...>', 'fingerprints, or folders of them; in natural order of their names')
    .option('--as-given', 'in the order given')
    .option('--seed <integer>', 'everything random follows from it (default: 0)')
    .option('--json', 'print JSON instead of text')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (files: string[], args: BisectArguments) => {
      const { bisectCommand } = await import('./line/bisect.js');
      finish(await bisectCommand(files, args));
    });
  congruity
    .command('verify')
    .description(
      'derive the verdicts of a report again from fingerprints; exit 0: all come out again, 1: one does not, 2: one cannot be derived',
    )
    .argument('<report>', 'report.json, or its folder')
    .argument('[files...]', 'fingerprints, or folders of them (default: baselines)')
    .option('--json', 'print JSON instead of text')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (report: string, files: string[], args: VerifyArguments) => {
      const { verifyCommand } = await import('./line/verify.js');
      finish(await verifyCommand(report, files, args));
    });
  congruity
    .command('card')
    .description('write a card of a model (Markdown) and a badge from a report')
    .argument('<report>', 'report.json, or its folder')
    .option('--out <folder>', 'where they go (default: beside the report)')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .exitOverride()
    .action(async (report: string, args: { out?: string }) => {
      const { cardCommand } = await import('./line/card.js');
      finish(await cardCommand(report, args));
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
