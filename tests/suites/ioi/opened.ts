/** Counts the models that the suite has open. To be imported first: what is imported after it gets the counting `openModel`. */
import { jest } from '@jest/globals';
import type * as Models from '../../../suites/ioi/models.js';

export const opened = { now: 0, most: 0 };

jest.mock('../../../suites/ioi/models.js', () => {
  const real = jest.requireActual<typeof Models>('../../../suites/ioi/models.js');
  return {
    ...real,
    async openModel(found: Models.Found) {
      const one = await real.openModel(found);
      opened.most = Math.max(opened.most, ++opened.now);
      const { dispose } = one.model;
      one.model.dispose = () => {
        opened.now--;
        dispose.call(one.model);
      };
      return one;
    },
  };
});
