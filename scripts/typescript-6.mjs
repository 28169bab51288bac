// typedoc calls the compiler as a library, which TypeScript 7 is not; it is given the TypeScript 6 that api-extractor brings.
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const six = createRequire(require.resolve('@microsoft/api-extractor')).resolve('typescript');
const hooks = `export const resolve = (name, context, next) =>
  name === 'typescript' ? { url: ${JSON.stringify(pathToFileURL(six).href)}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
