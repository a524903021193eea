import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** What we honour of RFC 7240. */
export interface Preferences {
  /** Whole seconds, not yet capped by a setting, at most `MAX_WAIT_SECONDS`. */
  readonly waitSeconds?: number;
  readonly handling?: 'strict' | 'lenient';
}

/** The longest time that a Node timer can wait: 2³¹ − 1 ms. */
const MAX_WAIT_SECONDS = 2_147_483;

const NOTHING: Preferences = Object.freeze({});

/**
 * Reads a `Prefer` header. Names are case-insensitive, of a repeated preference the first counts, parameters behind `;` are
 * left out, and what cannot be read (`wait=soon`, `wait=-1`) counts as not sent.
 */
export function preferOf(header: string | readonly string[] | undefined): Preferences {
  if (header === undefined) return NOTHING;
  const values = new Map<string, string>();
  for (const preference of splitOutsideQuotes(typeof header === 'string' ? header : header.join(','), ',')) {
    const [assignment = ''] = splitOutsideQuotes(preference, ';');
    const [name = '', ...rest] = assignment.split('=');
    const key = name.trim().toLowerCase();
    if (!values.has(key)) values.set(key, unquote(rest.join('=').trim()));
  }
  return { ...waitOf(values.get('wait')), ...handlingOf(values.get('handling')) };
}

/** Gives a handler the `Prefer` header of its request. */
export const Prefer = createParamDecorator((_data: unknown, context: ExecutionContext): Preferences =>
  preferOf(context.switchToHttp().getRequest<FastifyRequest>().headers['prefer']),
);

function waitOf(value: string | undefined): Preferences {
  return value !== undefined && /^\d+$/.test(value) ? { waitSeconds: Math.min(Number(value), MAX_WAIT_SECONDS) } : NOTHING;
}

function handlingOf(value: string | undefined): Preferences {
  const handling = value?.toLowerCase();
  return handling === 'strict' || handling === 'lenient' ? { handling } : NOTHING;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\\' && isQuoted) index += 1;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unquote(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
}
