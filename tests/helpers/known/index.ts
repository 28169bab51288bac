export { backup, backupOf } from './backup.js';
export { copyAndCompare, copyAndCompareOf } from './copy-and-compare.js';
export { induction, inductionOf } from './induction.js';
export { type Known } from './known.js';

import { backup } from './backup.js';
import { copyAndCompare } from './copy-and-compare.js';
import { induction } from './induction.js';

export const allKnown = [copyAndCompare, induction, backup] as const;
