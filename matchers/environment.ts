/**
 * A Jest environment for Node that lets congruity use webgpu inside Jest: the package is an ES module with a native
 * part, which Jest's sandbox cannot load in CommonJS mode. Everything else is Jest's own node environment.
 *
 *     // jest.config
 *     testEnvironment: 'congruity/environment'
 */
import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

/** Native objects that must outlive the sandbox of the test file that made them. */
const keep: unknown[] = [];

export class TestEnvironment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    // read by src/tensor/backends/webgpu.ts. The real process: the sandbox's copy of `env` does not reach native code.
    (this.global as unknown as Record<symbol, unknown>)[Symbol.for('congruity.host')] = {
      import: (name: string) => import(name) as Promise<unknown>,
      process,
      keep,
    };
  }
}

export default TestEnvironment;
