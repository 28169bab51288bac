/** Loads what a gate names. */
import { resolve } from 'node:path';
import type { BankOption, BankRun } from '../src/bank/options.js';
import { OptionError } from '../src/errors.js';
import { isFingerprintFile, readFingerprint } from '../src/fingerprint/file.js';
import { recorded, recordedOf } from '../src/fingerprint/recorded.js';
import { isModel, isSet, type ImplementationSet } from '../src/implementations/index.js';
import { towardsModel } from '../src/model/is-model.js';
import { load } from '../src/model/load.js';
import type { Model } from '../src/model/model.js';
import { recognise } from '../src/model/recognise.js';
import type { BackendName } from '../src/tensor/backend-names.js';
import { gateBankOf, type GateBank, type GateRun } from './bank.js';
import type { GateSide } from './config.js';

/** What opens the models of one gate, and disposes of those that it opened itself. */
export class Opened {
  private readonly own: { dispose: () => void }[] = [];

  /** @param folder what paths are relative to */
  constructor(
    private readonly folder: string,
    private readonly backend: BackendName | undefined,
  ) {}

  private async loaded(path: string): Promise<Model> {
    const found = await recognise(resolve(this.folder, path));
    // some are computed by a runtime of their own, whatever computes the rest
    const model = await load(found.path, 'backend' in found.format.options ? { backend: this.backend } : {});
    this.own.push(model);
    return model;
  }

  /** @throws OptionError for a function that gives neither; as `load` */
  async side(side: GateSide, label: string): Promise<Model | ImplementationSet> {
    if (typeof side === 'string') {
      const path = resolve(this.folder, side);
      return (await isFingerprintFile(path)) ? recorded(await readFingerprint(path, side)) : this.loaded(side);
    }
    if (typeof side !== 'function') return side;
    const it = await side();
    if (!isModel(it) && !isSet(it))
      throw new OptionError({
        what: `the function for the ${label} gave neither a model nor an implementation set`,
        where: label,
        hint: towardsModel(it),
      });
    if (isModel(it)) this.own.push(it);
    return it;
  }

  /** @throws OptionError for a function that gives no model; as `load` */
  async bank(given: GateBank): Promise<BankOption> {
    const { accept, stop = [], level } = gateBankOf(given);
    return {
      accept: accept === 'copies' ? accept : await this.runs(accept, 'accept'),
      stop: await this.runs(stop, 'stop'),
      level,
    };
  }

  /** A model by its path, and nothing else. @throws as `load` */
  model(path: string): Promise<Model> {
    return this.loaded(path);
  }

  private async runs(list: readonly GateRun[], which: 'accept' | 'stop'): Promise<BankRun[]> {
    const models: BankRun[] = [];
    for (const [i, run] of list.entries()) {
      const it = await this.side(run, `run ${i} of bank.${which}`);
      if (!isModel(it) && !recordedOf(it))
        throw new OptionError({
          what: 'a run of a bank is one model, and an implementation set was given',
          where: `bank.${which}[${i}]`,
          hint: 'name each of its runs by itself',
        });
      models.push(it);
    }
    return models;
  }

  dispose(): void {
    for (const one of this.own.splice(0)) one.dispose();
  }
}
