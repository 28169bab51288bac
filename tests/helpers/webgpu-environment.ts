/**
 * The Jest environment for webgpu, which also finds out whether there is any before the tests of a file are collected:
 * later is too late to skip one. The name of the symbol is in ./webgpu.ts as well.
 */
import { TestEnvironment } from '../../matchers/environment';
import { openWebgpu } from '../../src/tensor/backends/webgpu';

export default class extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    (this.global as unknown as Record<symbol, unknown>)[Symbol.for('congruity.tests.webgpu')] = await openWebgpu(
      true,
    ).then(
      () => ({ absent: undefined }),
      (error: Error) => ({ absent: error.message.split('\n')[0]! }),
    );
  }
}
