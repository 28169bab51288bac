/** The suite: every model by itself, then every pair. What is done already is kept, and never done again. */
import { join, dirname } from 'node:path';
import { cpuUsage } from 'node:process';
import { OptionError, isCongruityError } from '../../src/errors.js';
import { checkSignal, clock } from '../../src/signal.js';
import { plural } from '../../src/format.js';
import { argmax } from '../../src/argmax.js';
import { mean } from '../../src/statistics/mean.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { keepResult, resumed } from '../kept-result.js';
import type { SuiteContext } from '../suite.js';
import { estimateOf, speedOf, type Speed } from './estimate.js';
import { headsOf } from './heads.js';
import { familyOf, findModels, openModel, type Found, type Opened } from './models.js';
import { comparedPair } from './pair.js';
import { promptsFor, rolesIn, wordsFor, type Prompt, type Reader, type Words } from './prompts.js';
import { kindsOf, represented, untouched, type Represented } from './representation.js';
import { pairOf, resultSchema, type ModelResult, type Result, type Settings } from './result.js';
import { differenceOf, ioiTask } from './task.js';
import { TEMPLATES } from './words.js';

/** Prompts that single heads are tried on. */
const HEADS_ON = 64;

interface Work {
  readonly task: Task<Prompt>;
  readonly others: Task<Prompt>;
  readonly examples: Examples<Prompt>;
  readonly words: Words;
  readonly context: SuiteContext;
  readonly settings: Settings;
}

/**
 * Runs what is left to do. Ends early, with what there is, where the signal aborts.
 * @throws FileError for a result that is damaged or of other settings; OptionError where fewer than two models are there; TaskError where they have too few words in common
 */
export async function runIoi(settings: Settings, context: SuiteContext): Promise<Result> {
  const { path, signal } = context;
  const { found, skipped } = findModels(settings.models);
  if (found.length < 2)
    throw new OptionError({
      what: `${plural(found.length, 'model')} of ${settings.models.length} ${found.length === 1 ? 'is' : 'are'} here${skipped[0] ? `; ${skipped[0].path}: ${skipped[0].why}` : ''}`,
      where: 'models',
      hint: 'name two or more folders of language models, or set CONGRUITY_MODELS to the folder that holds them',
    });
  const before = await resumed(path, resultSchema, settings);
  const prepared = await prepare(found, settings, signal);
  const result: Result = before ?? {
    suite: 'ioi',
    settings,
    prompts: prepared.said,
    models: [],
    skipped: [...skipped],
    pairs: [],
    estimate: prepared.estimate,
    seconds: 0,
    cpuSeconds: 0,
    rows: 0,
    complete: false,
  };
  if (!before) context.estimated(prepared.estimate);
  const work: Work = { ...prepared, context, settings };
  const ends = timing(result);
  const pairs = (found.length * (found.length - 1)) / 2;
  const done = (): number => (0.5 * result.models.length + result.pairs.length) / (0.5 * found.length + pairs);
  const keep = (doing: string): void => {
    ends();
    keepResult(path, result);
    context.progress(done(), doing);
  };
  try {
    for (const one of found) await aboutModel(one, result, work, keep);
    await allPairs(found, result, work, keep);
    result.complete = true;
  } catch (error) {
    if (!(isCongruityError(error) && signal?.aborted === true)) throw error;
  }
  ends();
  keepResult(path, result);
  return result;
}

/** What all models can read, and how fast they are. One of them is open at a time. */
async function prepare(found: readonly Found[], { inputs, draws, seed }: Settings, signal: AbortSignal | undefined) {
  const readers: (Reader & { readonly context: number })[] = [];
  for (const one of found) {
    const { model, tokenizer, context } = await openModel(one);
    readers.push({ name: one.name, tokenizer, context });
    model.dispose();
  }
  const words = wordsFor(readers);
  const refused: { model: string; why: string; prompts: number }[] = [];
  let prompts = promptsFor(words, inputs, seed);
  for (const { name, tokenizer, context } of readers) {
    const fits = prompts.filter((prompt) => tokenizer.encode(prompt.text).length <= context);
    if (fits.length < prompts.length)
      refused.push({ model: name, why: `longer than ${context} tokens`, prompts: prompts.length - fits.length });
    prompts = fits.filter((prompt) => rolesIn(prompt, tokenizer) !== undefined);
    if (prompts.length < fits.length)
      refused.push({ model: name, why: 'a name is not one token in its place', prompts: fits.length - prompts.length });
  }
  const task = ioiTask(prompts);
  const others = ioiTask(prompts, 'another');
  const examples = task.examples(inputs, seed);
  const speeds: Speed[] = [];
  for (const one of found) {
    checkSignal(signal);
    const { model } = await openModel(one);
    try {
      speeds.push(await speedOf(model, task, examples));
    } finally {
      model.dispose();
    }
  }
  return {
    words,
    task,
    others,
    examples,
    estimate: estimateOf(speeds, {
      inputs: prompts.length,
      draws,
      headPrompts: Math.min(HEADS_ON, prompts.length),
    }),
    said: {
      count: prompts.length,
      names: [...words.names],
      places: words.places.length,
      objects: words.objects.length,
      templates: words.templates.map((at): string => TEMPLATES[at]!),
      leftOut: [...words.leftOut],
      refused,
    },
  };
}

/** Adds what has passed since to the result's times. */
function timing(result: Result): () => void {
  const { seconds, cpuSeconds } = result;
  const [started, used] = [clock(), cpuUsage()];
  return () => {
    const { user, system } = cpuUsage(used);
    result.seconds = seconds + (clock() - started) / 1000;
    result.cpuSeconds = cpuSeconds + (user + system) / 1e6;
  };
}

async function aboutModel(found: Found, result: Result, work: Work, keep: (doing: string) => void): Promise<void> {
  if (result.models.some(({ name }) => name === found.name)) return;
  const { task, examples, context } = work;
  const { signal } = context;
  checkSignal(signal);
  const started = clock();
  const { model } = await openModel(found);
  try {
    const { score, scores, logits } = await runExamples(model, task, examples, { signal });
    const differences = logits.map((row, i) => differenceOf(row, examples.inputs[i]!, model.tokenizer));
    const does = task.meets(score);
    const some = { inputs: examples.inputs.slice(0, HEADS_ON) };
    const heads = does ? await headsOf(model, task, some, signal) : [];
    const said: ModelResult = {
      path: found.given,
      name: found.name,
      family: await familyOf(found, model),
      accuracy: score,
      logitDifference: mean(differences),
      first: mean(
        logits.map((row, i) => Number(argmax(row) === model.tokenizer!.token(examples.inputs[i]!.indirectObject))),
      ),
      ...(does ? {} : { leftOut: `it does not do the task: ${task.behaviour.name} is not ${task.thresholdText}` }),
      heads,
      kinds: kindsOf(examples.inputs).map(({ kind, at }) => ({
        kind,
        prompts: at.length,
        accuracy: mean(at.map((i) => scores[i]!)),
      })),
      seconds: (clock() - started) / 1000,
    };
    result.models.push(said);
    result.rows += examples.inputs.length + 2 * (heads.length + 1) * some.inputs.length;
  } finally {
    model.dispose();
  }
  keep(`${found.name} by itself`);
}

/** Two models are open at a time: the row's, and one column's. */
async function allPairs(
  found: readonly Found[],
  result: Result,
  work: Work,
  keep: (doing: string) => void,
): Promise<void> {
  const judged = found.filter(({ name }) => result.models.find((one) => one.name === name)?.leftOut === undefined);
  for (const [i, row] of judged.entries()) {
    const left = judged.slice(i + 1).filter((column) => pairOf(result, row.name, column.name) === undefined);
    if (left.length === 0) continue;
    const first = await withRepresentation(row, work);
    try {
      for (const column of left) {
        const second = await withRepresentation(column, work);
        try {
          await aboutPair([row, column], [first, second], result, work);
        } finally {
          second.opened.model.dispose();
        }
        keep(`${row.name} against ${column.name}`);
      }
    } finally {
      first.opened.model.dispose();
    }
  }
}

async function withRepresentation(
  found: Found,
  { task, examples, context: { signal } }: Work,
): Promise<{ readonly opened: Opened; readonly untouched: Represented }> {
  checkSignal(signal);
  const opened = await openModel(found);
  try {
    return { opened, untouched: await represented(opened.model, task, examples, signal) };
  } catch (error) {
    opened.model.dispose();
    throw error;
  }
}

async function aboutPair(
  [row, column]: readonly [Found, Found],
  [a, b]: readonly [Awaited<ReturnType<typeof withRepresentation>>, Awaited<ReturnType<typeof withRepresentation>>],
  result: Result,
  { task, others, examples, words, context: { path, signal }, settings: { draws, seed } }: Work,
): Promise<void> {
  const compared = await comparedPair([a.opened.model, b.opened.model], {
    task,
    others,
    answers: words.names.map((name) => ` ${name}`),
    inputs: examples.inputs.length,
    draws,
    seed,
    cache: join(dirname(path), 'cache'),
    signal,
    progress: () => undefined,
  });
  result.pairs.push({
    row: row.name,
    column: column.name,
    ...compared,
    ...(await untouched([a.untouched, b.untouched], examples.inputs, signal)),
  });
  result.rows += compared.rows;
}
