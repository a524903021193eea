import { expect } from '@jest/globals';
import { PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX } from '@joblib/contract';

import type { Answer } from '../support/joblib-user.js';

/** It is a whole problem document, of this status and, when given, this kind (the last segment of `type`). */
export function expectProblem({ status, headers, body }: Answer, expectedStatus: number, id?: string): void {
  expect(body).toMatchObject({
    type: id === undefined ? expect.stringMatching(`^${PROBLEM_TYPE_PREFIX}[a-z-]+$`) : PROBLEM_TYPE_PREFIX + id,
    title: expect.stringMatching(/./),
    status: expectedStatus,
    detail: expect.stringMatching(/./),
  });
  expect(status).toBe(expectedStatus);
  expect(headers.get('content-type')).toBe(PROBLEM_MEDIA_TYPE);
}
