/** What the process that runs Jest tells the command. */
export type Message =
  | { readonly type: 'started'; readonly file: string }
  /** `problem` where the test file failed: what Jest says of it */
  | { readonly type: 'finished'; readonly file: string; readonly problem?: string | undefined }
  | { readonly type: 'done' };

export interface Order {
  /** path of the jest package's main file */
  readonly jest: string;
  /** Jest's own plugins are looked for from here */
  readonly rootDir: string;
  /** where the test files are */
  readonly work: string;
  readonly workers: number;
  /** there is only one gate */
  readonly alone: boolean;
  /** path of quiet-reporter.js */
  readonly reporter: string;
  readonly testEnvironment: string;
}
