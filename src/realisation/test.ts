/** Whether a model realises a program where an alignment says: variable by variable, then several at once; at all their positions, then at some. */
import type { Model } from '../model/model.js';
import { Apart } from '../program/interchange/apart.js';
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
  readonly label: string;
  readonly variables: readonly string[];
  readonly several: boolean;
  /** at some positions */
  readonly apart: boolean;
  readonly matters: Stratum;
  readonly rest: Stratum;
  readonly stream: Random;
}

/** An interchange after which the model does not answer as the program. */
export interface Disagreement {
  readonly interchange: Interchange;
  readonly found: Interchanged;
}

type Asked = Pick<
  CheckedRealizeOptions,
  'threshold' | 'alpha' | 'beta' | 'positions' | 'budget' | 'limit' | 'seed' | 'signal'
>;

export class RealisationTest {
  readonly runner: InterchangeRunner<Value, Value>;
  /** at which positions variables may be replaced while they stay at others */
  readonly apart: Apart<Value, Value>;
  private readonly groups: readonly Group[];
  private readonly empty = new Set<Stratum>();
  /** those of which no more turn up */
  private readonly spent = new Set<Stratum>();
  private draws = 0;
  private readonly started = clock();
  /** the simplest that was seen: fewest variables, then fewest of them at some positions only, then shortest, then first */
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
    this.apart = new Apart(this.runner, pool);
    const sets = [...names.map((name) => [name]), ...(names.length > 1 ? [names] : [])];
    const wheres = options.positions === 'apart' ? [false, true] : [false];
    const levels = { threshold, alpha: alpha / (2 * wheres.length * sets.length), beta };
    this.groups = wheres.flatMap((apart) =>
      sets.map((variables, i) => {
        const several = i >= names.length;
        const label = `${several ? 'several' : variables[0]}${apart ? ' at some positions' : ''}`;
        return {
          label,
          variables,
          several,
          apart,
          matters: new Stratum(levels),
          rest: new Stratum(levels),
          stream: random(seed, `interchanges of ${label}`),
        };
      }),
    );
  }

  /** @throws CancelledError; whatever the model throws */
  async run(): Promise<RealisationEvidence> {
    const drawn: Group[] = [];
    for (const group of this.groups) {
      const { several, apart } = group;
      if (!several && !apart && this.pool.complete && interchangeCount(this.pool, 1) <= this.options.limit) {
        if (!(await this.count(group))) return this.evidence('undecided', 'seconds');
        if (this.beyond()) return this.evidence('not realised', 'certain');
      } else {
        drawn.push(group);
        this.probe(group);
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
    const sizeOf = ({ base, sources, positions = {} }: Interchange): number[] => [
      Object.keys(sources).length,
      Object.keys(positions).length,
      base.length,
    ];
    const [own, least] = [sizeOf(interchange), this.worst && sizeOf(this.worst.interchange)];
    const differs = own.findIndex((size, i) => size !== least?.[i]);
    if (differs >= 0 && (least === undefined || own[differs]! < least[differs]!)) this.worst = { interchange, found };
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

  /** Undefined if it cannot be at some positions. */
  private drawn({ variables, several, apart, stream }: Group): Interchange | undefined {
    const whole = drawInterchange(this.pool, several ? drawSet(variables, stream) : variables, stream);
    return apart ? this.apart.draw(whole, stream) : whole;
  }

  /** Which strata there are, by the program alone. */
  private probe(group: Group): void {
    const stream = random(this.options.seed, `probe of ${group.label}`);
    const missing = new Set([true, false]);
    for (let i = 0; i < PROBE && missing.size > 0; i++) {
      const one = this.drawn({ ...group, stream });
      if (one !== undefined) missing.delete(this.runner.expectedOf(one).matters);
    }
    for (const matters of missing) this.empty.add(group[matters ? 'matters' : 'rest']);
  }

  /** The next of a stratum; undefined where none turns up. */
  private async drawnOf(group: Group, matters: boolean): Promise<Interchange | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      await breathe(this.options.signal);
      const one = this.drawn(group);
      if (one !== undefined && this.runner.expectedOf(one).matters === matters) return one;
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
      groups: this.groups.flatMap(({ variables, apart, matters: one, rest: other }) => {
        const [matters, rest] = [one.evidence(), other.evidence()];
        // of a variable of one position there is nothing to tell apart
        if (apart && !matters && !rest) return [];
        const positions = apart ? 'some' : 'all';
        return [{ variables: [...variables], positions, ...(matters && { matters }), ...(rest && { rest }) }];
      }),
      draws: this.draws,
      rows: this.runner.rows,
      stopped,
    };
  }
}
