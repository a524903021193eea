import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS, PROBLEM_TYPE_PREFIX } from '@joblib/contract';
import { startHttpApp } from './http-app.fixture.js';
import type { HttpApp } from './http-app.fixture.js';
import { problemTypePage } from './problem-page.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let server: HttpApp;

beforeAll(async () => {
  server = await startHttpApp();
});

afterAll(() => server.close());

describe('the address of a problem type', () => {
  it.each(Object.values(PROBLEMS).map(({ id }) => id))('describes %s to everybody', async (id) => {
    const response = await server.call('GET', PROBLEM_TYPE_PREFIX + id, { headers: {} });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ type: PROBLEM_TYPE_PREFIX + id, description: expect.any(String) });
  });

  it.each([
    [BROWSER, 'text/html; charset=utf-8'],
    ['text/html;q=0.5, application/json', 'application/json; charset=utf-8'],
    ['text/html;q=0', 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['', 'application/json; charset=utf-8'],
  ])('answers whoever accepts %j in %s', async (accept, contentType) => {
    const response = await server.call('GET', '/v1/problems/not-found', { headers: { accept } });
    expect(response.headers.get('content-type')).toBe(contentType);
    expect(response.headers.get('vary')).toBe('Accept');
  });

  it('is a page for a browser', async () => {
    const page = await (await server.call('GET', '/v1/problems/invalid-room-id', { headers: { accept: BROWSER } })).text();
    expect(page).toContain('<h1>Invalid room id</h1>');
    expect(page).toContain('<code>@global</code>');
  });

  it('is 404 when there is no such type', async () => {
    const response = await server.call('GET', '/v1/problems/%3Cscript%3E', { headers: { accept: BROWSER } });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ type: '/v1/problems/not-found', status: 404 });
  });
});

describe('the list of problem types', () => {
  it('has them all', async () => {
    const { items } = (await (await server.call('GET', '/v1/problems', { headers: {} })).json()) as { items: unknown[] };
    expect(items).toHaveLength(Object.keys(PROBLEMS).length);
  });

  it('links to each for a browser', async () => {
    const page = await (await server.call('GET', '/v1/problems', { headers: { accept: BROWSER } })).text();
    for (const { id } of Object.values(PROBLEMS)) expect(page).toContain(`href="problems/${id}"`);
  });
});

describe('problemTypePage', () => {
  it('escapes what it shows', () => {
    const page = problemTypePage({ id: '"><b>', status: 400, title: '<i>&', description: "`<u>` 'x'" });
    expect(page).toContain('&lt;i&gt;&amp;');
    expect(page).toContain('<code>&lt;u&gt;</code> &#39;x&#39;');
    expect(page).not.toMatch(/<[biu]>/);
  });
});
