import { describe, expect, it } from '@jest/globals';
import { mayConnect } from './origins.js';

const HOST = 'jobs.example.org:8000';

describe('mayConnect', () => {
  it.each([
    ['a program without an origin', undefined, [], true],
    ['a page of the service itself', 'http://jobs.example.org:8000', [], true],
    ['a page of another port', 'http://jobs.example.org:9000', [], false],
    ['a page of another host', 'https://evil.example.org', [], false],
    ['a page without an origin of its own', 'null', [], false],
    ['a configured origin', 'https://app.example.org', ['https://app.example.org'], true],
    ['an origin that only starts like a configured one', 'https://app.example.org.evil.example', ['https://app.example.org'], false],
    ['any page when all are allowed', 'https://evil.example.org', ['*'], true],
  ])('answers for %s', (_who, origin, allowed, answer) => {
    expect(mayConnect(origin, HOST, allowed)).toBe(answer);
  });
});
