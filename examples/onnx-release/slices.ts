// The slices that the gates look at.
import { accuracy, task, type Task } from 'congruity';
import { files, type File } from './files';
import { labelOf } from './magika';

const scripts = ['javascript', 'typescript'];

export function slices(): Readonly<Record<'javascript' | 'typescript' | 'rest', Task<File>>> {
  const all = files();
  const slice = (name: string, of: (file: File) => boolean, atLeast: number): Task<File> =>
    task({
      name,
      inputs: all.filter(of),
      encode: ({ tokens }) => tokens,
      // of any kind: where every file has one label, taking activations from each other breaks nothing, and says nothing (README.md)
      counterfactual: (_, random) => all[random.below(all.length)]!,
      behaviour: accuracy(({ label }: File) => labelOf(label)),
      threshold: { atLeast },
    });
  return {
    javascript: slice('files of JavaScript', ({ label }) => label === 'javascript', 0.95),
    // the old release does not do better: 85 % by its change log
    typescript: slice('files of TypeScript', ({ label }) => label === 'typescript', 0.75),
    rest: slice('everything else', ({ label }) => !scripts.includes(label), 0.9),
  };
}
