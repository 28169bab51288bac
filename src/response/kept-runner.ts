/** Responses that are measured once: what came of the same interventions on the same models before is used again (docs/cache.md). */
import type { Cache } from '../cache/cache.js';
import { json, kept } from '../cache/kept.js';
import { referencesOf } from '../circuit/references.js';
import { exactKey } from '../exact-key.js';
import { runKey } from '../task/run-key.js';
import type { AnyTask } from '../task/task.js';
import type { PairedInput } from './pairs.js';
import type { Responding } from './responding.js';
import { ResponseRunner, type Response, type RoleIntervention } from './runner.js';

export interface KeptRunnerOptions {
  readonly on: AnyTask;
  readonly cache: Cache | undefined;
  readonly signal: AbortSignal | undefined;
}

export class KeptRunner {
  private readonly runner: ResponseRunner<unknown>;
  /** of what is known from before */
  private known = 0;

  constructor(
    private readonly what: Responding,
    private readonly options: KeptRunnerOptions,
  ) {
    const { models, answers, examples } = what;
    this.runner = new ResponseRunner(models, options.on, answers, examples, options.signal, what.taken?.answers);
  }

  /** rows that what was asked takes, of both models together */
  get rows(): number {
    return this.runner.rows + this.known;
  }

  /** By how much the answers of the two differ without interventions. */
  untouched(list: readonly Pick<RoleIntervention<unknown>, 'base' | 'places'>[]): Promise<number[]> {
    const inputs = list.map(({ base }) => base);
    return this.once('untouched answers', inputs, [], () => this.runner.untouched(list));
  }

  /** In the order of the interventions. */
  responses(list: readonly RoleIntervention<unknown>[]): Promise<Response[]> {
    const inputs = list.flatMap(({ base, source }) => [base, source]);
    const replaced = list.map(({ role, by }) => [role.places, by]);
    return this.once('responses', inputs, replaced, () => this.runner.responses(list));
  }

  private async once<T>(
    kind: string,
    inputs: readonly PairedInput<unknown>[],
    replaced: readonly unknown[],
    compute: () => Promise<T[]>,
  ): Promise<T[]> {
    const { on, cache, signal } = this.options;
    if (!cache) return compute();
    const { models, answers, examples } = this.what;
    let now = false;
    const { found, rows } = await kept(
      cache,
      {
        kind,
        about: `${kind} of ${models[0].name} and ${models[1].name} on ${on.name}`,
        key: () => {
          // each once, with where logits are read and what counts as an answer
          const places = new Map(inputs.map((one) => [one, 0]));
          [...places.keys()].forEach((one, at) => places.set(one, at));
          const given = { inputs: [...places.keys()].map(({ input }) => input) };
          const runs = models.map((model) => runKey(model, on, given));
          // of a baseline that is not at hand, its fingerprint
          if (this.what.taken) runs[0] = ['fingerprint', this.what.taken.digest];
          return [
            ...runs,
            inputs.map((one) => places.get(one)!),
            replaced,
            // means are taken over these
            models.map((model) => exactKey(referencesOf(model, on, examples).inputs)),
            answers.key,
          ];
        },
        codec: json<{ readonly found: T[]; readonly rows: number }>(),
        signal,
      },
      async () => {
        now = true;
        const before = this.runner.rows;
        return { found: await compute(), rows: this.runner.rows - before };
      },
    );
    if (!now) this.known += rows;
    return found;
  }
}
