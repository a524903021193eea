import { describe, expect, it } from '@jest/globals';

import { PROBLEMS, PROBLEM_TYPE_PREFIX, ProblemError } from './problems.js';
import type { ProblemName } from './problems.js';

const names = Object.keys(PROBLEMS) as ProblemName[];

/** What a refusal may be; whoever adds a status has to know that clients may treat it in a way of their own. */
const STATUSES = [400, 401, 403, 404, 405, 409, 413, 415, 416, 422, 423, 500, 503, 504];

describe('the catalogue of problems', () => {
  it('has unique ids in kebab-case', () => {
    const ids = names.map((name) => PROBLEMS[name].id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
  });

  it.each(names)('calls %s by the same words on the wire', (name) => {
    const kebabCase = name.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    expect(PROBLEMS[name].id).toBe(kebabCase);
  });

  it('uses these statuses, each of them, and no others', () => {
    const used = names.map((name) => PROBLEMS[name].status);
    expect([...new Set<number>(used)].sort()).toEqual(STATUSES);
  });

  it('has no title twice', () => {
    const titles = names.map((name) => PROBLEMS[name].title);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  it.each(names)('gives %s a title and a way out', (name) => {
    const { title, description } = PROBLEMS[name];
    expect(title).toMatch(/^[A-Z][^.]+$/);
    expect(description).toMatch(/^[A-Z].+\.$/);
  });
});

describe('a problem', () => {
  it('becomes a problem document with the address of its explanation', () => {
    expect(new ProblemError('JobNotFound', "Job 'lab:a:b' is not registered.").toDocument()).toEqual({
      type: `${PROBLEM_TYPE_PREFIX}job-not-found`,
      title: 'Job not found',
      status: 404,
      detail: "Job 'lab:a:b' is not registered.",
    });
  });

  it('carries its occurrence, its field errors, its headers and its cause', () => {
    const cause = new Error('disk full');
    const errors = [{ pointer: '/name', detail: 'must not be empty' }];
    const problem = new ProblemError('ValidationError', 'One field is wrong.', { errors, headers: { 'Retry-After': '1' }, cause });
    expect(problem.toDocument('request-7')).toMatchObject({ instance: 'request-7', errors });
    expect([problem.headers, problem.cause, problem.message]).toEqual([{ 'Retry-After': '1' }, cause, 'One field is wrong.']);
  });

  it('is an error that can be caught by its class', () => {
    const problem = new ProblemError('Forbidden', 'Not yours.');
    expect(problem).toBeInstanceOf(Error);
    expect([problem.name, problem.cause, problem.errors, problem.headers]).toEqual(['ProblemError', undefined, undefined, {}]);
  });
});
