import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { parseFullName } from '@joblib/contract';

import { defineCommand } from '../args/command.js';
import { fullName, roomId, wholeNumber } from '../args/values.js';
import { CommandFailure, EXIT, UsageError } from '../errors.js';
import { jsonLine, jsonPretty } from '../screen/json-text.js';
import type { Outlet } from '../screen/terminal.js';

const TO_STDOUT = '-';

/** `joblib read <room> <provider> k=v … -o file` */
export const READ = defineCommand({
  name: 'read',
  summary: 'read from a provider',
  explanation: [
    'Reads what a provider of a room answers for these parameters, and writes it as it came: JSON, or the bytes of an image or a',
    'file. The server keeps answers for a while; the first read of something waits for the provider.',
  ].join('\n'),
  parameters: {
    room: { help: 'from which it is read' },
    provider: { help: "its full name, as 'joblib providers' shows it" },
  },
  rest: { name: 'name=value', help: 'parameters of the read' },
  options: {
    output: { short: 'o', value: '<file>', help: 'write the answer here; - for the standard output, whatever it is' },
    wait: { value: '<seconds>', help: 'for the provider (30); the server may have a lower limit' },
  },
  examples: [
    ['joblib read lab lab:files:local path=.', 'what is in the folder'],
    ['joblib read lab lab:bytes:local path=water.xyz -o water.xyz', 'a file'],
  ],
  needsServer: true,
  run: async ({ args, rest, options }, context) => {
    const room = roomId(args.room);
    const provider = fullName(args.provider, 'provider', 'providers');
    const params = paramsOf(rest);
    const waitSeconds = wholeNumber('wait', options.wait ?? '30', 0);
    const manager = await context.connect();
    const answer = await manager.api.readProvider(room, provider, params, { waitSeconds });
    if (answer.isPending) throw new CommandFailure(`${parseFullName(provider)?.name} has not answered yet; read again in a moment.`);
    const bytes = new Uint8Array(answer.bytes);
    const { output } = options;
    if (output !== undefined && output !== TO_STDOUT) await save(resolve(context.folder, output), bytes);
    else if (output === TO_STDOUT) await context.out.write(bytes);
    else await show(bytes, answer.contentType, context.json, context.out);
    return EXIT.done;
  },
});

function paramsOf(pairs: readonly string[]): Record<string, string> {
  const entries = pairs.map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    if (equals < 1) throw new UsageError(`'${pair}' is no parameter; it has to be like path=water.xyz.`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return Object.fromEntries(entries);
}

async function save(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (error) {
    throw new CommandFailure(`The answer cannot be saved: ${(error as Error).message}.`, { cause: error });
  }
}

/** On a terminal JSON is made readable, and nothing else is shown that a terminal might obey. */
async function show(bytes: Uint8Array, contentType: string, json: boolean, out: Outlet): Promise<void> {
  const isJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType);
  if (isJson && (json || out.isTerminal)) {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return out.line(json ? jsonLine(value) : jsonPretty(value));
  }
  if (out.isTerminal)
    throw new UsageError(`The answer is ${contentType}, ${bytes.length} bytes: give -o <file>, or -o - to have it here all the same.`);
  return out.write(bytes);
}
