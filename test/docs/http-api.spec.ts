import { describe, expect, it } from '@jest/globals';
import { PROBLEMS, ROUTES } from '@joblib/contract';
import type { Route } from '@joblib/contract';

import { codeRowsOf, codesIn, readPage, sectionOf, sectionsOf } from './markdown.js';

const page = readPage('http-api.md');
const routes: readonly Route[] = ROUTES;
const sections = sectionsOf(page, 3);
const addressOf = ({ method, path }: Route): string => `${method} ${path}`;
const commonProblems = new Set(codeRowsOf(sectionOf(page, 2, 'Rules for every call')).map(([id]) => id ?? ''));
const problemIds = new Set<string>(Object.values(PROBLEMS).map(({ id }) => id));

function textOf(route: Route): string {
  return sections.find(({ heading }) => heading === `\`${addressOf(route)}\``)?.text ?? '';
}

/** Problem ids named in the sentence that starts with `Refuses:`. */
function refusals(text: string): string[] {
  const sentence = /Refuses: ([\s\S]*?)(?:\n\n|$)/.exec(text)?.[1] ?? '';
  return codesIn(sentence).filter((code) => problemIds.has(code));
}

describe('docs/http-api.md', () => {
  it('has every route of the contract, in its order, and no other', () => {
    expect(sections.map(({ heading }) => heading.replaceAll('`', ''))).toEqual(routes.map(addressOf));
  });

  it('names as common only problems that are in the catalogue', () => {
    expect([...commonProblems].filter((id) => !problemIds.has(id))).toEqual([]);
    expect(commonProblems.size).toBeGreaterThan(0);
  });

  it.each(routes.map((route) => [addressOf(route), route] as const))('names what %s refuses beyond the common', (_, route) => {
    const particular = route.problems.map((name) => PROBLEMS[name].id as string).filter((id) => !commonProblems.has(id));
    expect(refusals(textOf(route)).sort()).toEqual(particular.sort());
  });

  it.each(routes.map((route) => [addressOf(route), route] as const))('calls %s in its example', (_, route) => {
    const examples = [...textOf(route).matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '').join('\n');
    const address = route.path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/ ]+');
    expect(examples).toMatch(new RegExp(`\\$BASE${address}(?=["?\\s]|$)`, 'm'));
    const method = /-X (\w+)/.exec(examples)?.[1] ?? (examples.includes(' -d ') ? 'POST' : 'GET');
    expect(method).toBe(route.method);
  });
});
