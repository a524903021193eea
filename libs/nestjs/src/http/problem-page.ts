import { PROBLEM_TYPE_PREFIX } from '@joblib/contract';
import type { ProblemType } from '@joblib/contract';

/** A problem type as JSON. */
export function problemTypeView({ id, status, title, description }: ProblemType): Record<string, unknown> {
  return { type: PROBLEM_TYPE_PREFIX + id, title, status, description };
}

/** One problem type for a person with a browser. */
export function problemTypePage(problem: ProblemType): string {
  return page(
    problem.title,
    `<h1>${escapeHtml(problem.title)}</h1>
<p><strong>${problem.status}</strong> <code>${escapeHtml(PROBLEM_TYPE_PREFIX + problem.id)}</code></p>
<p>${prose(problem.description)}</p>
<p><a href="../problems">All problems</a></p>`,
  );
}

/** All problem types for a person with a browser. */
export function problemTypesPage(problems: readonly ProblemType[]): string {
  const rows = problems.map(
    ({ id, status, title }) => `<tr><td>${status}</td><td><a href="problems/${encodeURIComponent(id)}">${escapeHtml(title)}</a></td></tr>`,
  );
  return page('Problems', `<h1>Problems</h1>\n<table>\n${rows.join('\n')}\n</table>`);
}

/** Whether somebody with this `Accept` header would rather read HTML than JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  return qualityOf(accept, ['text/html']) > qualityOf(accept, ['application/json', 'application/*', '*/*']);
}

function qualityOf(accept: string, mediaTypes: readonly string[]): number {
  const qualities = accept.split(',').map((range) => {
    const [mediaType = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return mediaTypes.includes(mediaType) ? Number(quality) || 0 : 0;
  });
  return Math.max(...qualities);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}td{padding:.1rem 1rem .1rem 0}</style>
${body}
</html>
`;
}

/** Descriptions mark code with backticks. */
function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
