import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerOutcome, clientGone } from './connection.js';
import { startHttpApp } from './http-app.fixture.js';
import type { HttpApp } from './http-app.fixture.js';
import { JoblibController } from './joblib-controller.decorator.js';

interface Held {
  readonly request: FastifyRequest;
  readonly gone: AbortSignal;
  readonly outcome: Promise<'written' | 'lost'>;
  answer(text: string): void;
}

/** Calls that arrived and wait for an answer, and those who wait for a call to arrive. */
const arrivals: Held[] = [];
const awaiting: ((held: Held) => void)[] = [];

function nextHeld(): Promise<Held> {
  const held = arrivals.shift();
  return held === undefined ? new Promise((resolve) => awaiting.push(resolve)) : Promise.resolve(held);
}

@JoblibController('/held')
class HeldController {
  @Post()
  hold(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return new Promise((answer) => {
      const held = { request, gone: clientGone(request), outcome: answerOutcome(reply), answer };
      const waiter = awaiting.shift();
      if (waiter === undefined) arrivals.push(held);
      else waiter(held);
    });
  }
}

const HELD = 'POST /v1/joblib/held HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ada\r\ncontent-length: 2\r\n\r\n{}';

let server: HttpApp;
let client: Socket;

beforeAll(async () => {
  server = await startHttpApp({ controllers: [HeldController] });
});

afterAll(() => server.close());

afterEach(() => {
  client.destroy();
});

beforeEach(async () => {
  client = connect(server.port, '127.0.0.1');
  await once(client, 'connect');
});

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

describe('a held call', () => {
  it('that is answered was written, and its client is not gone', async () => {
    client.write(HELD);
    const held = await nextHeld();
    held.answer('done');
    expect(String((await once(client, 'data'))[0])).toContain('done');
    expect(await held.outcome).toBe('written');
    client.destroy();
    await once(held.request.raw.socket, 'close');
    expect(held.gone.aborted).toBe(false);
  });

  it('gives the same signal each time', async () => {
    client.write(HELD);
    const held = await nextHeld();
    expect(clientGone(held.request)).toBe(held.gone);
    held.answer('');
    expect(await held.outcome).toBe('written');
  });

  it.each(['destroy', 'resetAndDestroy', 'end'] as const)('whose client leaves by %s is lost, answered or not', async (leave) => {
    client.write(HELD);
    const held = await nextHeld();
    client[leave]();
    await aborted(held.gone);
    held.answer('too late');
    expect(await held.outcome).toBe('lost');
  });

  it('whose connection broke in the moment of the answer is lost', async () => {
    client.write(HELD);
    const held = await nextHeld();
    held.request.raw.socket.destroy();
    held.answer('too late');
    expect(await held.outcome).toBe('lost');
    expect(held.gone.aborted).toBe(true);
  });

  it('whose client leaves in the middle of the answer is lost', async () => {
    client.write(HELD);
    const held = await nextHeld();
    // Far more than both ends buffer, and the client reads no further than the beginning.
    held.answer('x'.repeat(50_000_000));
    await once(client, 'readable');
    client.resetAndDestroy();
    expect(await held.outcome).toBe('lost');
    expect(held.gone.aborted).toBe(true);
  });

  it('that arrives over a connection already gone is lost at once', async () => {
    client.write(HELD);
    const held = await nextHeld();
    const { socket } = held.request.raw;
    client.destroy();
    await once(socket, 'close');
    const reply = { request: held.request, raw: { destroyed: false } } as unknown as FastifyReply;
    expect(await answerOutcome(reply)).toBe('lost');
    held.answer('');
  });

  it('that closes its connection after the answer was written', async () => {
    client.write(HELD.replace('host: x', 'host: x\r\nconnection: close'));
    const held = await nextHeld();
    held.answer('done');
    expect(await held.outcome).toBe('written');
    expect(held.gone.aborted).toBe(false);
  });

  it('behind another one on its connection is lost with it', async () => {
    client.write(HELD + HELD);
    const [first, second] = [await nextHeld(), await nextHeld()];
    client.destroy();
    await Promise.all([aborted(first.gone), aborted(second.gone)]);
    expect(await Promise.all([first.outcome, second.outcome])).toEqual(['lost', 'lost']);
    first.answer('');
    second.answer('');
  });

  it('leaves no listener on a connection that lives on', async () => {
    const counts: number[] = [];
    for (let call = 0; call < 15; call += 1) {
      client.write(HELD);
      const held = await nextHeld();
      held.answer('done');
      await once(client, 'data');
      await held.outcome;
      counts.push(held.request.raw.socket.listenerCount('close'));
    }
    expect(Math.max(...counts)).toBe(counts[0]);
  });
});

describe('a server that lets clients stop sending', () => {
  it('does not take them for gone', async () => {
    await using lenient = await startHttpApp({
      controllers: [HeldController],
      configure: (app) => Object.assign(app.getHttpServer(), { httpAllowHalfOpen: true }),
    });
    const half = connect({ port: lenient.port, host: '127.0.0.1', allowHalfOpen: true });
    half.end(HELD);
    const held = await nextHeld();
    if (!held.request.raw.socket.readableEnded) await once(held.request.raw.socket, 'end');
    expect(held.gone.aborted).toBe(false);
    held.answer('done');
    expect(await held.outcome).toBe('written');
    expect(String((await once(half, 'data'))[0])).toContain('done');
    half.destroy();
  });
});
