/**
 * Sessions of edited graphs, kept for the next run that asks for the same. All run without graph optimisations: a fused operator rounds
 * otherwise than its parts, so that reading or replacing a tensor inside would change the last bits of all that follows; and onnxruntime 1.30 ends the
 * process when a fusion swallowed a tensor that is asked for. Without them a tensor has the same bits whatever else is read or replaced.
 */
import { isCongruityError } from '../../../../errors.js';
import type { Edited, Editor } from '../graph/rewrite.js';
import { weightFile } from '../graph/rewrite.js';
import type { ExternalFile } from '../file/external.js';
import { refused } from './runtime-errors.js';
import {
  arrayFor,
  here,
  sessionOptions,
  valuesOf,
  type AnyArray,
  type OrtSession,
  type OrtTensor,
  type Runtime,
} from './runtime.js';
import type { NumberType } from '../file/element-types.js';

export interface Feed {
  readonly type: NumberType;
  readonly data: AnyArray;
  readonly dims: readonly number[];
}

/** What replaces a tensor, laid out as in the graph. */
export interface Replace {
  /** of the tensor */
  readonly type: NumberType;
  readonly dims: readonly number[];
  /** bytes of 0 and 1; undefined: all of it */
  readonly mask: Uint8Array | undefined;
  /** the values, held in a type that the graph asks for: its own, or that in which it blends them */
  values(within: NumberType): AnyArray;
}

export interface SessionsOptions {
  readonly editor: Editor;
  /** the file itself, and the files beside it */
  readonly files: readonly [Uint8Array, ...Uint8Array[]];
  /** bytes of all weights: two sessions of everything may live at a time, and more of smaller parts */
  readonly weightBytes: number;
  readonly threads: number;
  readonly where: string;
  /** one session reads all of these, and serves every run; default: sessions read what runs ask for */
  readonly all?: readonly string[] | undefined;
  /** default: onnxruntime in this process */
  readonly runtime?: Runtime | undefined;
}

interface Entry {
  readonly session: OrtSession;
  readonly edited: Edited;
  /** what can be replaced in part; those that are not computed at all count as well */
  readonly masks: ReadonlyMap<string, NumberType>;
  readonly fetch: ReadonlySet<string>;
  /** what is replaced as a whole, as text */
  readonly cut: string;
}

const mostSessions = 16;
const leastBudget = 256 * 1024 * 1024;
/** a set of sites that is read, or replaced as a whole, gets a session of its own when it is asked for this often; until then one that can do more serves */
const oftenEnough = 3;
const mostCounted = 1000;

/** The files as sessions are given them. */
export const weightsOf = (files: readonly Uint8Array[]): { path: string; data: Uint8Array }[] =>
  files.map((data, i) => ({ path: weightFile(i), data }));

export const fileIndices = (external: readonly ExternalFile[]): ReadonlyMap<string, number> =>
  new Map(external.map(({ location }, i) => [location, i + 1]));

/** What is there, with the replacement where the mask says so. */
function blended(data: AnyArray, { type, dims, mask, values }: Replace): AnyArray {
  const put = values(type);
  if (put.length !== data.length)
    throw new Error(`a tensor of ${data.length} values is to be replaced by one of shape [${dims.join(', ')}]`);
  const all = data.slice();
  for (let i = 0; i < all.length; i++) if (mask![i]) all[i] = put[i]!;
  return all;
}

export class Sessions {
  /** least recently used first */
  private readonly entries = new Map<string, Entry>();
  private readonly asked = new Map<string, number>();
  private usual: ReadonlyMap<string, NumberType> = new Map();
  private sites: ReadonlyMap<string, NumberType> = new Map();
  /** sessions that there was no room for */
  private readonly roomless = new Set<string>();
  /** runs one after another: a session must not be released while another run uses it */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SessionsOptions) {}

  /**
   * Sites that interventions are likely to reach: they are made replaceable together, when more than one set of sites has been asked for. If that was not enough either, all sites are: making a session
   * of a large model takes as long as several runs.
   */
  expect(usual: ReadonlyMap<string, NumberType>, sites: ReadonlyMap<string, NumberType>): void {
    this.usual = usual;
    this.sites = sites;
  }

  /**
   * Runs the part of the graph that makes some tensors.
   * @throws ModelError for a graph that onnxruntime does not take, and onnxruntime's own errors while it runs
   */
  run(
    feeds: ReadonlyMap<string, Feed>,
    fetch: readonly string[],
    replace: ReadonlyMap<string, Replace>,
  ): Promise<ReadonlyMap<string, OrtTensor>> {
    const names = [...new Set(fetch)].toSorted();
    return this.inTurn(() =>
      this.options.editor.masks ? this.runNow(feeds, names, replace) : this.runBlending(feeds, names, replace),
    );
  }

  /** Releases all sessions, after the runs that were begun. */
  forget(): Promise<void> {
    return this.inTurn(async () => {
      for (const key of this.entries.keys()) await this.drop(key);
      this.asked.clear();
      this.roomless.clear();
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  /**
   * Without Where: what is replaced in part is computed as it comes, blended here, and replaced as a whole; in the order of computation, since one replacement changes what the next is
   * blended with.
   */
  private async runBlending(
    feeds: ReadonlyMap<string, Feed>,
    fetch: readonly string[],
    replace: ReadonlyMap<string, Replace>,
  ): Promise<ReadonlyMap<string, OrtTensor>> {
    const whole = new Map([...replace].filter(([, { mask }]) => mask === undefined));
    const results = new Map<string, OrtTensor>();
    for (const name of this.options.editor.inOrder(replace.keys())) {
      const patch = replace.get(name)!;
      if (patch.mask === undefined) continue;
      const found = (await this.runNow(feeds, [name], whole)).get(name)!;
      const data = blended(valuesOf(found, patch.type), patch);
      whole.set(name, { ...patch, mask: undefined, values: () => data });
      if (fetch.includes(name)) results.set(name, { type: patch.type, dims: patch.dims, data });
    }
    const left = fetch.filter((name) => !results.has(name));
    return left.length === 0 ? results : new Map([...results, ...(await this.runNow(feeds, left, whole))]);
  }

  private async runNow(
    feeds: ReadonlyMap<string, Feed>,
    fetch: readonly string[],
    replace: ReadonlyMap<string, Replace>,
  ): Promise<ReadonlyMap<string, OrtTensor>> {
    const { session, edited, cut } = await this.sessionFor(this.options.all ?? fetch, replace);
    const { runtime = here } = this.options;
    const given: Record<string, OrtTensor> = Object.create(null) as Record<string, OrtTensor>;
    for (const [name, { type, data, dims }] of feeds)
      if (session.inputNames.includes(name)) given[name] = await runtime.tensor(type, data, dims);
    for (const name of cut) {
      const { type, dims, values } = replace.get(name)!;
      if (session.inputNames.includes(name)) given[name] = await runtime.tensor(type, values(type), dims);
    }
    for (const [name, slot] of edited.masked) {
      const patch = cut.has(name) ? undefined : replace.get(name);
      // one value for all broadcasts
      const [mask, maskDims] = patch?.mask ? [patch.mask, patch.dims] : [Uint8Array.of(patch ? 1 : 0), []];
      given[slot.mask] = await runtime.tensor('bool', mask, maskDims);
      given[slot.value] = patch
        ? await runtime.tensor(slot.type, patch.values(slot.type), patch.dims)
        : await runtime.tensor(slot.type, arrayFor(slot.type, 1), []);
    }
    const others = new Set(
      session.outputMetadata?.filter(({ isTensor, type }) => !isTensor || type === 'string').map(({ name }) => name),
    );
    const found = await session.run(
      given,
      fetch.filter((name) => !others.has(name)),
    );
    return new Map(Object.entries(found));
  }

  private async sessionFor(
    fetch: readonly string[],
    replace: ReadonlyMap<string, Replace>,
    mayCut = true,
  ): Promise<{ readonly session: OrtSession; readonly edited: Edited; readonly cut: ReadonlySet<string> }> {
    const whole = [...replace].filter(([, { mask }]) => mask === undefined).map(([name]) => name);
    const { masks } = this.options.editor;
    const cutting = !masks || (mayCut && this.worthCutting(fetch, whole));
    const cut = new Set(cutting ? whole : []);
    const needed = [...replace.keys()].filter((name) => !cut.has(name));
    // nothing to replace: the graph as it is
    const cutKey = JSON.stringify([...cut].toSorted());
    const key = JSON.stringify([fetch, cutKey, needed.length > 0]);
    const fits = (entry: Entry): boolean => needed.every((name) => entry.masks.has(name));
    const there = this.entries.get(key);
    const rare = this.count(key) < oftenEnough;
    const wider = (): [string, Entry] | undefined =>
      [...this.entries].findLast(
        ([, entry]) =>
          entry.cut === cutKey &&
          entry.masks.size > 0 === needed.length > 0 &&
          fits(entry) &&
          fetch.every((name) => entry.fetch.has(name)),
      );
    const use = there && fits(there) ? ([key, there] as const) : rare ? wider() : undefined;
    if (use) {
      const [at, entry] = use;
      this.entries.delete(at);
      this.entries.set(at, entry);
      return { ...entry, cut };
    }
    const types = new Map<string, NumberType>(needed.map((name) => [name, replace.get(name)!.type]));
    if (there) {
      // asked for more than before: take in what is likely to be asked for, and then all that may be
      const usual = [...this.usual.keys()].every((name) => cut.has(name) || there.masks.has(name));
      for (const [name, type] of [...there.masks, ...this.usual, ...(usual ? this.sites : [])])
        if (!cut.has(name)) types.set(name, type);
      await this.drop(key);
    }
    const edited = this.options.editor.edit({
      fetch,
      cut: new Map([...cut].map((name) => [name, replace.get(name)!.type])),
      mask: types,
    });
    if (masks && cut.size > 0 && !this.hasRoom(edited.weightBytes)) {
      // it would drop one that serves all, and be dropped for the next
      this.roomless.add(cutKey);
      return this.sessionFor(fetch, replace, false);
    }
    await this.makeRoom(edited.weightBytes);
    const session = await this.create(edited.model);
    const entry: Entry = { session, edited, masks: types, fetch: new Set(fetch), cut: cutKey };
    this.entries.set(key, entry);
    return { ...entry, cut };
  }

  private async create(model: Uint8Array): Promise<OrtSession> {
    const { threads, files, where, runtime = here } = this.options;
    try {
      return await runtime.createSession(
        model,
        sessionOptions({ threads, optimisation: 'disabled' }),
        weightsOf(files),
      );
    } catch (cause) {
      throw isCongruityError(cause) ? cause : refused(cause, where);
    }
  }

  private worthCutting(fetch: readonly string[], whole: readonly string[]): boolean {
    const sites = whole.toSorted();
    return (
      sites.length > 0 &&
      this.count(JSON.stringify([fetch, sites])) >= oftenEnough &&
      !this.roomless.has(JSON.stringify(sites))
    );
  }

  /** How often something was asked for, this time included. */
  private count(key: string): number {
    const times = (this.asked.get(key) ?? 0) + 1;
    this.asked.delete(key);
    if (this.asked.size >= mostCounted) this.asked.delete(this.asked.keys().next().value!);
    this.asked.set(key, times);
    return times;
  }

  private hasRoom(bytes: number): boolean {
    const budget = Math.max(leastBudget, 2 * this.options.weightBytes);
    const held = [...this.entries.values()].reduce((sum, { edited }) => sum + edited.weightBytes, 0);
    return this.entries.size < mostSessions && held + bytes <= budget;
  }

  private async makeRoom(bytes: number): Promise<void> {
    while (this.entries.size > 0 && !this.hasRoom(bytes)) await this.drop(this.entries.keys().next().value!);
  }

  private async drop(key: string): Promise<void> {
    const entry = this.entries.get(key);
    this.entries.delete(key);
    await entry?.session.release();
  }
}
