import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { CommandContext } from '../args/command-context.js';
import { UsageError } from '../errors.js';
import { roundedNumberIn } from './exact-json.js';

/**
 * A payload as it was given: JSON, `@file`, or `-` for what is piped in.
 * @throws UsageError when it cannot be read, is no JSON object, or has a number that would not arrive as it is written.
 */
export async function readPayload(given: string, context: CommandContext): Promise<Readonly<Record<string, unknown>>> {
  const text = await textOf(given, context);
  const payload = parsed(text);
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new UsageError(`The payload has to be a JSON object, like '{"angle": 90}'.`);
  const rounded = roundedNumberIn(text);
  if (rounded !== null) throw new UsageError(`The payload has a number that would be rounded on its way: ${rounded}. Send it as a text.`);
  return payload as Readonly<Record<string, unknown>>;
}

async function textOf(given: string, { stdin, folder }: CommandContext): Promise<string> {
  if (given === '-') return textOfStream(stdin);
  if (!given.startsWith('@')) return given;
  const path = resolve(folder, given.slice(1));
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The payload cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

async function textOfStream(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new UsageError(`The payload is not JSON: ${(error as Error).message}. Are there quotes around it for the shell?`, {
      cause: error,
    });
  }
}
