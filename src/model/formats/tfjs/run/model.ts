/** A Model of an engine and the options about it. */
import { exactKey } from '../../../../exact-key.js';
import { patchEngineModel } from '../../../patch-engine.js';
import type { Model, ComponentFamily, Site } from '../../../model.js';
import type { Offered } from './layers-engine.js';
import { choose, renameAxes, type TfjsOptions } from '../file/options.js';

/** Default parts name axes as the engine does: the user may have renamed them. */
function renamed(
  parts: readonly ComponentFamily[],
  before: readonly Site[],
  after: readonly Site[],
): ComponentFamily[] {
  return parts.map((part) => {
    const at = before.findIndex(({ name }) => name === part.site);
    return part.axis === undefined ? part : { ...part, axis: after[at]!.axes[before[at]!.axes.indexOf(part.axis)] };
  });
}

export interface Made {
  readonly name: string;
  readonly kind: 'tfjs-layers' | 'tfjs-graph';
  readonly fingerprint: string | (() => string);
  readonly backend: Model['backend'];
  readonly changing: boolean;
  /** true: its fingerprint says all that it computes, as code of its own is refused. One in memory may be made of anything */
  readonly fromFile?: boolean | undefined;
  readonly dispose?: (() => void) | undefined;
}

/** @throws OptionError, ModelError */
export function assemble(
  { dispose, fromFile, ...made }: Made,
  { engine, sites: own, parts, representation }: Offered,
  options: TfjsOptions,
  where: string,
): Model {
  const sites = renameAxes(own, options.sites, where);
  return patchEngineModel({
    ...made,
    computes: fromFile ? exactKey([options.output, options.outputIs, options.sites]) : undefined,
    sites,
    ...choose(sites, options, { parts: renamed(parts, own, sites), representation }, where),
    tokenizer: options.tokenizer,
    engine: dispose === undefined ? engine : { ...engine, dispose },
    batchSize: options.batchSize,
  });
}
