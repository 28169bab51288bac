/** Checked by the compiler alone (npm run types): Vitest's `expect.extend` takes the matchers. Its matcher state as `vitest` puts it together from its parts. */
import type { MatchersObject, MatcherState } from '@vitest/expect';
import type { SnapshotState } from '@vitest/snapshot';
import * as matchers from '../../matchers/index.js';

interface VitestState extends MatcherState {
  environment: string;
  snapshotState: SnapshotState;
  testPath?: string;
}

export const taken: MatchersObject<VitestState> = matchers;
