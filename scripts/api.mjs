// The public surface in words: one report for each entry of package.json's `exports`, from the built declarations. Needs a build.
//   npm run api:check        fails where the surface is not that of the reports in api/
//   npm run api              builds, and writes the reports
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const write = process.argv.includes('--write');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.entries(exports)
  .filter(([, conditions]) => conditions.import?.types)
  .map(([path, conditions]) => ({
    name: path === '.' ? 'index' : path.slice(2).replaceAll('/', '-'),
    types: join(root, conditions.import.types),
  }));
const reports = join(root, 'api');
const fresh = mkdtempSync(join(tmpdir(), 'congruity-api-'));
const none = { logLevel: 'none', addToApiReportFile: false };

const configOf = ({ name, types }) =>
  ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      newlineKind: 'lf',
      mainEntryPointFilePath: types,
      compiler: { tsconfigFilePath: join(root, 'tsconfig.json'), skipLibCheck: true },
      apiReport: {
        enabled: true,
        reportFolder: reports,
        reportTempFolder: fresh,
        reportFileName: `${name}.api.md`,
        // types that a signature names although the entry does not export them: they change the surface as well
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // whatever an entry exports is public, and comments are typedoc's (npm run docs)
        extractorMessageReporting: {
          default: { logLevel: 'error' },
          'ae-missing-release-tag': none,
          'ae-undocumented': none,
          'ae-unresolved-link': none,
          'ae-forgotten-export': none,
          'ae-internal-missing-underscore': none,
        },
        tsdocMessageReporting: { default: none },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });

let wrong = 0;
try {
  mkdirSync(reports, { recursive: true });
  const configs = entries.map(configOf);
  // one program for all entries
  const compilerState = CompilerState.create(configs[0], { additionalEntryPoints: entries.map(({ types }) => types) });
  for (const config of configs) {
    const name = relative(root, config.reportFilePath);
    const { succeeded, apiReportChanged } = Extractor.invoke(config, {
      compilerState,
      localBuild: write,
      messageCallback: (message) => {
        message.handled = message.logLevel === 'none' || message.messageId.startsWith('console-');
      },
    });
    if (apiReportChanged) console.log(`${write ? 'written' : 'not as it was'}: ${name}`);
    if (!succeeded || (apiReportChanged && !write)) wrong++;
  }
  const known = new Set(entries.map(({ name }) => `${name}.api.md`));
  for (const file of readdirSync(reports).filter((file) => !known.has(file))) {
    if (write) rmSync(join(reports, file));
    else wrong++;
    console.log(`${write ? 'removed' : 'of no entry'}: api/${file}`);
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
console.log(
  wrong === 0
    ? `${entries.length} entries as in api/`
    : 'the public surface changed: npm run api, and name the change in CHANGELOG.md',
);
process.exit(wrong === 0 ? 0 : 1);
