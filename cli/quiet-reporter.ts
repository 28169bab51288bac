/** The only reporter of the command's Jest run: it says which gate started and which finished, and prints nothing. */
import type { Message } from './messages.js';

interface TestFile {
  readonly path: string;
}
interface FileResult {
  readonly numFailingTests: number;
  readonly failureMessage?: string | null;
  readonly testExecError?: { readonly message?: string } | undefined;
  readonly testResults: readonly { readonly failureMessages: readonly string[] }[];
}

export default class QuietReporter {
  private tell(message: Message): void {
    process.send?.(message);
  }

  onTestFileStart(test: TestFile): void {
    this.tell({ type: 'started', file: test.path });
  }

  onTestFileResult(test: TestFile, result: FileResult): void {
    const failed = result.numFailingTests > 0 || result.testExecError != null || result.testResults.length === 0;
    const problem = failed
      ? (result.testExecError?.message ??
        result.testResults.flatMap((one) => one.failureMessages)[0] ??
        result.failureMessage ??
        'the test failed')
      : undefined;
    this.tell({ type: 'finished', file: test.path, problem });
  }

  getLastError(): undefined {
    return undefined;
  }
}
