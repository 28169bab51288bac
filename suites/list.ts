/** The experiments that the command runs by name: a new one is its object, and its place here. */
import { ioi } from './ioi/suite.js';
import { permutation } from './n-permutation/suite.js';
import { partsOfSpeech } from './parts-of-speech/suite.js';
import type { Suite } from './suite.js';

export const suites: readonly Suite[] = [permutation, ioi, partsOfSpeech];
