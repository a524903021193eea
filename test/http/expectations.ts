import { PROBLEMS, PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX } from '@joblib/contract';
import type { ProblemName, TaskView } from '@joblib/contract';
import { expect } from '@jest/globals';

import type { Answer } from '../support/joblib-user.js';

/** A UUID of version 7. */
export const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The answer is this problem's document, with these pointers among its errors and no member more. */
export function expectProblem(answer: Answer<unknown>, name: ProblemName, pointers?: readonly string[]): void {
  const { id, status, title } = PROBLEMS[name];
  const errors = pointers?.map((pointer) => ({ pointer, detail: expect.stringMatching(/./) }));
  expect({ status: answer.status, mediaType: answer.headers.get('content-type'), body: answer.body }).toStrictEqual({
    status,
    mediaType: PROBLEM_MEDIA_TYPE,
    body: { type: PROBLEM_TYPE_PREFIX + id, title, status, detail: expect.stringMatching(/./), ...(errors && { errors }) },
  });
}

/** The answer has this status, is JSON, and its body is exactly this. */
export function expectJson(answer: Answer<unknown>, status: number, body: unknown): void {
  expect({ status: answer.status, mediaType: answer.headers.get('content-type'), body: answer.body }).toStrictEqual({
    status,
    mediaType: 'application/json; charset=utf-8',
    body,
  });
}

/** A whole task as answers show it: one that was just submitted by `sue` in `lab`, but for these facts. */
export function taskView(facts: Partial<TaskView> & Pick<TaskView, 'id' | 'created_at'>): TaskView {
  return {
    job_name: 'lab:modifiers:Rotate',
    room_id: 'lab',
    status: 'pending',
    started_at: null,
    completed_at: null,
    worker_id: null,
    error: null,
    payload: {},
    queue_position: 1,
    result: null,
    progress: null,
    created_by_id: 'sue',
    attempt: 0,
    ...facts,
  };
}
