import { existsSync } from 'node:fs';

const named = process.env['JOBLIB_TEST_PYTHON'];
if (named !== undefined && !existsSync(named)) throw new Error(`JOBLIB_TEST_PYTHON names '${named}', which is not there.`);

/** The Python of a virtual environment with what `examples/worker-python/requirements.txt` names. Empty when there is none. */
export const PYTHON = named ?? '';

/** For the names of tests that are skipped without it. */
export const becauseOfPython = named === undefined ? ' (skipped: JOBLIB_TEST_PYTHON names no Python with zndraw-joblib)' : '';
