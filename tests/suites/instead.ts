import { readFileSync, writeFileSync } from 'node:fs';

/** Puts other content in the place of a file's, for as long as the work takes. */
export async function instead(file: string, content: string | Uint8Array, work: () => Promise<void>): Promise<void> {
  const before = readFileSync(file);
  writeFileSync(file, content);
  try {
    await work();
  } finally {
    writeFileSync(file, before);
  }
}
