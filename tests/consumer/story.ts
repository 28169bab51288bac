import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { pythonWith } from '../helpers/python.js';
import { testUnless } from '../helpers/unless.js';
import { addPackages, root } from './install.js';

/** examples/story, in a folder that is empty. It checks itself: exit codes, verdicts, and that each way gives the same report. */
export function describeStory(
  project: () => string,
  run: (
    script: string,
    args: string[],
    cwd: string,
    extra: Record<string, string>,
  ) => { status: number | null; output: string },
): void {
  describe('the story of examples/story, in a folder that is empty', () => {
    interface Chapter {
      readonly title: string;
      readonly skipped?: string;
    }
    let told: Record<string, Chapter>;
    beforeAll(() => {
      addPackages(project(), ['bullmq', 'ioredis']);
      const folder = join(project(), 'story');
      const { status, output } = run(join(root, 'examples', 'story', 'story.mjs'), [folder], folder, {
        CONGRUITY_PYTHON: torch.python,
      });
      // with what it says where it fails
      expect({ status, output }).toEqual({ status: 0, output: expect.any(String) });
      const chapters = JSON.parse(readFileSync(join(folder, 'story.json'), 'utf8')) as Chapter[];
      told = Object.fromEntries(chapters.map((one) => [one.title, one]));
      expect(Object.keys(told)).toHaveLength(7);
    });
    const torch = pythonWith('numpy', 'torch');
    const noRedis = spawnSync('redis-server', ['--version']).status !== 0 && 'redis-server is not installed here';
    test.each([
      'init, in the empty folder and with a config',
      'a gate without the old models stops another mechanism',
      'drift over six steps, and the change found by bisect',
      'the same in Vitest',
      'the same over three shards',
    ])('%s', (title) => expect(told[title]).toEqual({ title, seconds: expect.any(Number) }));
    for (const [title, absent] of [
      ['six steps of a training in Python, with a fingerprint of each', torch.absent],
      ['the same over a queue', noRedis],
    ] as const)
      testUnless(absent)(title, () => expect(told[title]).toEqual({ title, seconds: expect.any(Number) }));
  });
}
