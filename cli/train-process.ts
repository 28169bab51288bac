/** Trains one model, in a process of its own: tfjs computes on one core, and on several in several processes. */
import { isCongruityError } from '../src/errors.js';
import { trainConfigOf } from '../src/training/config.js';
import { train } from '../src/training/train.js';
import { writeTraining } from '../src/training/write.js';
import { evaluate } from './config.js';
import type { ErrorText, FromTrainer, ToTrainer, TrainOrder } from './train-messages.js';

const stop = new AbortController();
const say = (message: FromTrainer): void => void process.send?.(message);

const textOf = (error: unknown): ErrorText =>
  isCongruityError(error)
    ? { name: error.name, code: error.code, what: error.what, where: error.where, hint: error.hint }
    : {
        name: 'Error',
        code: undefined,
        what: error instanceof Error ? (error.stack ?? error.message) : String(error),
        where: undefined,
        hint: undefined,
      };

async function work({ module, shown, seed, path, seconds, steps, backend }: TrainOrder): Promise<void> {
  try {
    const { program, options } = trainConfigOf(evaluate(module, shown, 'export default program({ ... })'), shown);
    const training = await train(program, {
      ...options,
      seed,
      ...(seconds !== undefined && { seconds }),
      ...(steps !== undefined && { steps }),
      ...(backend !== undefined && { backend }),
      checkpoint: `${path}.checkpoint`,
      signal: stop.signal,
      progress: (entry) => say({ type: 'progress', entry }),
    });
    await writeTraining(training, path);
    const { accuracy, stopped } = training;
    const { behaviour, interchange, strict } = accuracy;
    say({ type: 'trained', accuracy: { behaviour, interchange, strict }, stopped, steps: training.steps });
    training.dispose();
  } catch (error) {
    say({ type: 'failed', error: textOf(error) });
  }
  process.disconnect();
}

// a terminal sends its Ctrl-C to every process; the command says what follows from it
process.on('SIGINT', () => undefined);
process.on('disconnect', () => stop.abort());
process.on('message', (message: ToTrainer) => {
  if (message.type === 'stop') stop.abort();
  else void work(message.order);
});
