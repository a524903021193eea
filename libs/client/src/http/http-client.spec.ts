import { describe, expect, it } from '@jest/globals';

import { SYSTEM_CLOCK } from '../clock.js';
import { HttpClient } from './http-client.js';
import type { FetchInit } from './http-client.js';
import { TokenSource } from './token-source.js';

/** A client whose server always answers this. */
function answering(status: number, body: string, contentType = 'application/problem+json', headers: Record<string, string> = {}) {
  const sent: FetchInit[] = [];
  const fetch = async (_url: string, init: FetchInit): Promise<Response> => {
    sent.push(init);
    return new Response(body, { status, headers: { 'content-type': contentType, ...headers } });
  };
  const http = new HttpClient({ url: 'http://fake.example', tokens: new TokenSource('a-token'), fetch, clock: SYSTEM_CLOCK });
  return { http, sent };
}

const GET = { method: 'GET', path: '/x' };

describe('HttpClient', () => {
  it('throws a refusal of the catalogue by its name, with its fields and what Retry-After said', async () => {
    const document = {
      type: '/v1/problems/validation-error',
      title: 'x',
      status: 422,
      detail: 'No.',
      errors: [{ pointer: '/a', detail: 'b' }],
    };
    const { http } = answering(422, JSON.stringify(document), undefined, { 'retry-after': '3' });
    await expect(http.json(GET)).rejects.toMatchObject({
      name: 'ProblemError',
      problem: 'ValidationError',
      message: 'No.',
      errors: document.errors,
      headers: { 'retry-after': '3' },
    });
  });

  it('says which occurrence in the server’s log a failure of the server is', async () => {
    const document = { type: '/v1/problems/internal-error', title: 'x', status: 500, detail: 'Sorry.', instance: 'req-7' };
    await expect(answering(500, JSON.stringify(document)).http.json(GET)).rejects.toThrow('Sorry. (req-7)');
  });

  it.each([
    [
      'of another catalogue',
      JSON.stringify({ type: 'https://host/locked', title: 'Locked', status: 423, detail: 'By Ada.' }),
      'with 423 Locked: By Ada.',
    ],
    ['that is no JSON', '<html>', 'with 423'],
    ['without a detail', '{"type": "/v1/problems/room-locked"}', 'with 423'],
    ['that is null', 'null', 'with 423'],
  ])('throws a problem %s with its status', async (_, body, message) => {
    await expect(answering(423, body).http.json(GET)).rejects.toMatchObject({
      name: 'UnexpectedAnswerError',
      status: 423,
      body,
      message: `GET /x was answered ${message}`,
    });
  });

  it('keeps only the beginning of a page that a proxy sends', async () => {
    const { http } = answering(502, 'x'.repeat(5000), 'text/html', { 'retry-after': '9' });
    await expect(http.json(GET)).rejects.toMatchObject({ status: 502, body: `${'x'.repeat(200)}…`, headers: { 'retry-after': '9' } });
  });

  it('refuses a success that is no JSON, and takes one that is empty', async () => {
    await expect(answering(200, '<html>', 'text/html').http.json(GET)).rejects.toThrow('was answered with something other than JSON');
    await expect(answering(200, '').http.json(GET)).resolves.toBeUndefined();
  });

  it('sends JSON as JSON and bytes as bytes', async () => {
    const { http, sent } = answering(200, '{}');
    await http.json({ method: 'POST', path: '/x', json: { a: 1 }, waitSeconds: 5 });
    await http.json({ method: 'POST', path: '/x', bytes: new Uint8Array([1]), headers: { 'Content-Type': 'image/png' } });
    expect(sent.map(({ headers, body }) => [headers, body])).toEqual([
      [{ Authorization: 'Bearer a-token', 'Content-Type': 'application/json', Prefer: 'wait=5' }, '{"a":1}'],
      [{ Authorization: 'Bearer a-token', 'Content-Type': 'image/png' }, new Uint8Array([1])],
    ]);
  });

  it('throws the reason of a signal that has aborted, and sends nothing', async () => {
    const { http, sent } = answering(200, '{}');
    await expect(http.json({ ...GET, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(sent).toEqual([]);
  });
});
