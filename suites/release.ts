/** The release gate as a ready-made describe(), for a test file of one's own. */
import { runnerGlobals } from '../matchers/globals.js';
import { checkKeys } from '../src/options.js';
import { checkConfig, gateLevels, type GateConfig } from './config.js';
import { gateTest, type GateContext } from './gate.js';

/**
 * One test per gate of the config.
 *
 *     import { releaseGate } from 'congruity/suites';
 *     releaseGate({ gates: [{ name: 'v2', baseline: 'models/v1.safetensors', candidate: 'models/v2.safetensors', task: addition }] });
 *
 * @param context where paths start, if not at the test file's folder
 * @throws OptionError for a config that is wrong, before any test runs
 */
export function releaseGate(
  config: GateConfig,
  context: Pick<GateContext, 'configDir' | 'timeout'> & { readonly title?: string } = {},
): void {
  checkKeys(context, ['configDir', 'timeout', 'title'], 'releaseGate');
  const checked = checkConfig(config, 'releaseGate');
  const { gates, seed, seconds, backend, cache } = checked;
  const levels = gateLevels(checked);
  const { describe } = runnerGlobals('releaseGate declares tests', 'releaseGate');
  const { title = 'release gate', ...rest } = context;
  describe(title, () => {
    for (const gate of gates) gateTest(gate, { ...rest, seed, seconds, backend, cache, levels });
  });
}
