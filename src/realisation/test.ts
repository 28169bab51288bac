/** Whether a model realises a program where an alignment says: variable by variable, then several at once. */
import type { Model } from '../model/model.js';
import { drawInterchange, drawSet, everyInterchange, interchangeCount } from '../program/interchange/cases.js';
import type { InputPool } from '../program/interchange/inputs.js';
import type { Placed } from '../program/interchange/placed.js';
import { InterchangeRunner, type Interchange, type Interchanged } from '../program/interchange/runner.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';
import { random, type Random } from '../random.js';
import { breathe, clock } from '../signal.js';
import type { RealisationEvidence } from './evidence.js';
import type { CheckedRealizeOptions } from './options.js';
import { Stratum } from './stratum.js';

/** Interchanges of a stratum that are drawn before the verdict is looked at again. */
const BLOCK = 32;
/** Draws in which there must be one of a stratum, or it counts as empty. */
const PROBE = 500;
/** Draws for one of a stratum that is there. */
const TRIES = 20_000;
/** Interchanges of an exhaustive count between looks at the clock. */
const CHUNK = 1024;

interface Group {
  readonly variables: readonly string[];
  readonly several: boolean;
  readonly matters: Stratum;
  readonly rest: Stratum;
  readonly stream: Random;
}

/** An interchange after which the model does not answer as the program. */
export interface Disagreement {
  readonly interchange: Interchange;
  readonly found: Interchanged;
}

type Asked = Pick<CheckedRealizeOptions, 'threshold' | 'alpha' | 'beta' | 'budget' | 'limit' | 'seed' | 'signal'>;

export class RealisationTest {
  readonly runner: InterchangeRunner<Value, Value>;
  private readonly groups: readonly Group[];
  private readonly empty = new Set<Stratum>();
  /** those of which no more turn up */
  private readonly spent = new Set<Stratum>();
  private draws = 0;
  private readonly started = clock();
  /** the simplest that was seen: fewest variables, then shortest, then first */
  worst: Disagreement | undefined;

  constructor(
    model: Model,
    private readonly program: Program,
    placed: readonly Placed[],
    private readonly pool: InputPool<Value>,
    private readonly position: number | undefined,
    private readonly options: Asked,
  ) {
    const { threshold, alpha, beta, seed, signal } = options;
    this.runner = new InterchangeRunner(model, program, placed, position, signal);
    const names = placed.map(({ name }) => name);
    const sets = [...names.map((name) => [name]), ...(names.length > 1 ? [names] : [])];
    const levels = { threshold, alpha: alpha / (2 * sets.length), beta };
    this.groups = sets.map((variables, i) => ({
      variables,
      several: i >= names.length,
      matters: new Stratum(levels),
      rest: new Stratum(levels),
      stream: random(seed, `interchanges of ${i < names.length ? variables[0] : 'several'}`),
    }));
  }

  /** @throws CancelledError; whatever the model throws */
  async run(): Promise<RealisationEvidence> {
    const drawn: Group[] = [];
    for (const group of this.groups) {
      const { variables, several } = group;
      if (!several && this.pool.complete && interchangeCount(this.pool, 1) <= this.options.limit) {
        if (!(await this.count(group))) return this.evidence('undecided', 'seconds');
        if (this.beyond()) return this.evidence('not realised', 'certain');
      } else {
        drawn.push(group);
        this.probe(group, variables);
      }
    }
    for (;;) {
      if (this.beyond()) return this.evidence('not realised', 'certain');
      const open = drawn.flatMap((group) =>
        [true, false]
          .filter((matters) => this.isOpen(group[matters ? 'matters' : 'rest']))
          .map((matters) => ({ group, matters })),
      );
      if (open.length === 0) return this.evidence(this.tested() ? 'realised' : 'undecided', 'certain');
      if (open.every(({ group, matters }) => this.room(group[matters ? 'matters' : 'rest']) === 0))
        return this.evidence('undecided', 'draws');
      if (this.late()) return this.evidence('undecided', 'seconds');
      await this.block(open);
    }
  }

  private isOpen(stratum: Stratum): boolean {
    return stratum.is === 'open' && !this.empty.has(stratum);
  }

  /** How many more may be drawn of it. */
  private room(stratum: Stratum): number {
    return this.spent.has(stratum) ? 0 : Math.max(0, this.options.budget.draws - stratum.count);
  }

  private beyond(): boolean {
    return this.groups.some(({ matters, rest }) => matters.is === 'beyond' || rest.is === 'beyond');
  }

  private tested(): boolean {
    return this.groups.some(({ matters }) => matters.is === 'within' && matters.count > 0);
  }

  private late(): boolean {
    const { seconds } = this.options.budget;
    return seconds !== undefined && (clock() - this.started) / 1000 >= seconds;
  }

  private note(interchange: Interchange, found: Interchanged): void {
    if (found.agrees) return;
    const sizes = ({ base, sources }: Interchange): [number, number] => [Object.keys(sources).length, base.length];
    const [variables, length] = sizes(interchange);
    const [fewest, shortest] = this.worst ? sizes(this.worst.interchange) : [Infinity, Infinity];
    if (variables < fewest || (variables === fewest && length < shortest)) this.worst = { interchange, found };
  }

  private async observe(list: readonly Interchange[], strata: Pick<Group, 'matters' | 'rest'>[]): Promise<void> {
    const found = await this.runner.run(list);
    this.draws += list.length;
    found.forEach((one, i) => {
      strata[i]![one.matters ? 'matters' : 'rest'].observe(one.agrees);
      this.note(list[i]!, one);
    });
  }

  /** Every interchange of a variable. False where time ran out. */
  private async count(group: Group): Promise<boolean> {
    let chunk: Interchange[] = [];
    const flush = async (): Promise<void> => {
      await this.observe(
        chunk,
        chunk.map(() => group),
      );
      chunk = [];
    };
    for (const one of everyInterchange(this.pool, group.variables)) {
      chunk.push(one);
      if (chunk.length < CHUNK) continue;
      await flush();
      if (this.late()) return false;
    }
    await flush();
    for (const stratum of [group.matters, group.rest]) stratum.close();
    return true;
  }

  private drawn({ variables, several, stream }: Group): Interchange {
    return drawInterchange(this.pool, several ? drawSet(variables, stream) : variables, stream);
  }

  /** Which strata there are, by the program alone. */
  private probe(group: Group, variables: readonly string[]): void {
    const stream = random(this.options.seed, `probe of ${variables.join(', ')}`);
    const missing = new Set([true, false]);
    for (let i = 0; i < PROBE && missing.size > 0; i++)
      missing.delete(this.runner.expectedOf(this.drawn({ ...group, stream })).matters);
    for (const matters of missing) this.empty.add(group[matters ? 'matters' : 'rest']);
  }

  /** The next of a stratum; undefined where none turns up. */
  private async drawnOf(group: Group, matters: boolean): Promise<Interchange | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      await breathe(this.options.signal);
      const one = this.drawn(group);
      if (this.runner.expectedOf(one).matters === matters) return one;
    }
    return undefined;
  }

  /** Independent draws of each stratum: of all interchanges those that are in it. */
  private async block(open: readonly { readonly group: Group; readonly matters: boolean }[]): Promise<void> {
    const list: Interchange[] = [];
    const strata: Group[] = [];
    for (const { group, matters } of open) {
      const stratum = group[matters ? 'matters' : 'rest'];
      const count = Math.min(BLOCK, this.room(stratum));
      for (let i = 0; i < count; i++) {
        const one = await this.drawnOf(group, matters);
        if (one === undefined) {
          this.spent.add(stratum);
          break;
        }
        list.push(one);
        strata.push(group);
      }
    }
    await this.observe(list, strata);
    for (const { group, matters } of open) group[matters ? 'matters' : 'rest'].look();
  }

  private evidence(
    outcome: RealisationEvidence['outcome'],
    stopped: RealisationEvidence['stopped'],
  ): RealisationEvidence {
    const { threshold, alpha, beta } = this.options;
    return {
      program: this.program.name,
      outcome,
      threshold,
      levels: { alpha, beta },
      ...(this.position !== undefined && { position: this.position }),
      groups: this.groups.map(({ variables, matters: one, rest: other }) => {
        const [matters, rest] = [one.evidence(), other.evidence()];
        return { variables: [...variables], ...(matters && { matters }), ...(rest && { rest }) };
      }),
      draws: this.draws,
      rows: this.runner.rows,
      stopped,
    };
  }
}
