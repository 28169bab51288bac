/** Releases in a line: the search for a change, in the fewest comparisons. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { changeIn } from '../../cli/line/bisect.js';
import { foundIn, lineOf } from '../../cli/line/sides.js';
import { encodeSafetensors } from '../../src/io/safetensors-write.js';

test('bisect finds every change, in one comparison and log2 of the line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 300 }), fc.nat(), async (count, place) => {
      // from 1: the first is as itself
      const at = 1 + (place % count);
      let asked = 0;
      const found = await changeIn(count, async (i) => {
        asked++;
        expect(i).toBeGreaterThan(0);
        return i >= at;
      });
      expect(found).toEqual(at < count ? [at - 1, at] : undefined);
      expect(asked).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(count - 1)));
    }),
  );
});

test('of a folder, what cannot be read is passed over and said; other files are not spoken of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'congruity-line-'));
  const write = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    writeFileSync(join(folder, 'v2.safetensors'), 'cut');
    writeFileSync(join(folder, 'notes.txt'), 'text');
    writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(new Map()));
    expect(await foundIn([folder])).toEqual([]);
    expect(write.mock.calls.flat().join('')).toMatch(/^passed over .*v2\.safetensors: the file has 3 bytes[^\n]*\n$/);
  } finally {
    write.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

test('a pattern that the shell found nothing for is said to be one', async () => {
  await expect(lineOf(['nowhere/*.safetensors'], false)).rejects.toThrow(/the pattern matches nothing/);
});

test('a name of which there is neither a file nor a folder is said to be that', async () => {
  await expect(lineOf(['nowhere/'], false)).rejects.toThrow(/there is no such file or folder[^]*nowhere\//);
  await expect(lineOf([__dirname, 'nowhere.safetensors'], true)).rejects.toThrow(/no such file or folder/);
});
