/** What tells this code from any other that has its version: `npm run build` writes a digest of what it built here. */
export const code = 'source, not built';
