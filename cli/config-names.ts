/** Names of a config, in order of preference. */
export const configNames: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json'].map(
  (extension) => `congruity.config.${extension}`,
);
