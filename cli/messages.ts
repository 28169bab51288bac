/** What the process that runs Jest tells the command. */
export type Message =
  | { readonly type: 'started'; readonly file: string }
  /** `problem` where the test file failed: what Jest says of it */
  | { readonly type: 'finished'; readonly file: string; readonly problem?: string | undefined }
  | { readonly type: 'done' };

export interface Order {
  /** path of the jest package's main file */
  readonly jest: string;
  readonly rootDir: string;
  readonly workers: number;
  readonly testEnvironment: string;
}
