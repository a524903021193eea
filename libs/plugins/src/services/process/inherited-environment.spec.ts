import { describe, expect, it } from '@jest/globals';

import { environmentWith, onlyNamed } from './inherited-environment.js';

const OWN = { PATH: '/bin', LANG: 'C.UTF-8', DATABASE_PASSWORD: 'secret', API_KEY: 'key', EMPTY: '' };

describe('the environment of a program', () => {
  it('has what programs cannot do without, and of the rest only what is named', () => {
    expect(environmentWith(OWN)).toEqual({ PATH: '/bin', LANG: 'C.UTF-8' });
    expect(environmentWith(OWN, { API_KEY: null, LOG_LEVEL: 'debug' })).toEqual({
      PATH: '/bin',
      LANG: 'C.UTF-8',
      API_KEY: 'key',
      LOG_LEVEL: 'debug',
    });
  });

  it('has the later of two values, and none for what is named and not there', () => {
    expect(onlyNamed(OWN, { PATH: '/a', X: '1' }, { PATH: '/b', EMPTY: null, ABSENT: null })).toEqual({ PATH: '/b', X: '1', EMPTY: '' });
  });
});
