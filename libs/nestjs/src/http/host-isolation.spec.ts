import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BadRequestException, Body, Controller, Delete, Get, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { MAX_BODY_BYTES, startHttpApp } from './http-app.fixture.js';
import type { HttpApp } from './http-app.fixture.js';

@Controller('host')
class HostController {
  @Post()
  echo(@Body() body: unknown, @Req() request: FastifyRequest): object {
    return { body: body ?? null, contentType: request.headers['content-type'] ?? null };
  }

  @Delete()
  remove(@Body() body: unknown): object {
    return { body: body ?? null };
  }

  @Get('refusal')
  refuse(): never {
    throw new BadRequestException('no');
  }

  @Get('failure')
  fail(): never {
    throw new Error('secret');
  }
}

/** Looks like ours, and is not. */
@Controller('shop/v1')
class LookalikeController {
  @Get('me')
  me(): object {
    return { shop: 'mine' };
  }

  @Post('joblib/tasks/claim')
  claim(@Body() body: unknown): object {
    return { body };
  }

  @Get('problems')
  fail(): never {
    throw new BadRequestException('no');
  }
}

/** What a client can see of an answer. */
async function seen(response: Response): Promise<object> {
  const { date: _date, ...headers } = Object.fromEntries(response.headers);
  return { status: response.status, headers, body: await response.text() };
}

describe("a host's own routes", () => {
  let withUs: HttpApp;
  let withoutUs: HttpApp;

  beforeAll(async () => {
    withUs = await startHttpApp({ controllers: [HostController, LookalikeController] });
    withoutUs = await startHttpApp({ controllers: [HostController, LookalikeController], isBound: false });
  });

  afterAll(() => Promise.all([withUs, withoutUs].map((server) => server.close())));

  it.each<[string, string, string, string | undefined, string | undefined]>([
    ['JSON', 'POST', '/host', 'application/json', '{"a":12345678901234567890}'],
    ['a strange media type', 'POST', '/host', 'application/strange', 'x'],
    ['an unreadable media type', 'POST', '/host', 'strange', 'x'],
    ['a form', 'POST', '/host', 'application/x-www-form-urlencoded', 'a=b'],
    ['text', 'POST', '/host', 'text/plain', 'x'],
    ['an empty JSON body', 'POST', '/host', 'application/json', ''],
    ['malformed JSON', 'POST', '/host', 'application/json', '{'],
    ['a __proto__ key', 'POST', '/host', 'application/json', '{"__proto__":{"a":1}}'],
    ['a constructor key', 'POST', '/host', 'application/json', '{"constructor":{"prototype":{"a":1}}}'],
    ['more than our limit', 'POST', '/host', 'application/json', `"${'x'.repeat(MAX_BODY_BYTES)}"`],
    ['more than its own limit', 'POST', '/host', 'application/json', `"${'x'.repeat(1_048_576)}"`],
    ['a DELETE with a body', 'DELETE', '/host', 'application/json', '{"a":1}'],
    ['a refusal', 'GET', '/host/refusal', undefined, undefined],
    ['an address like that of the caller', 'GET', '/shop/v1/me', undefined, undefined],
    ['an address like that of a claim', 'POST', '/shop/v1/joblib/tasks/claim', 'application/json', '{"a":12345678901234567890}'],
    ['an address like that of the problems', 'GET', '/shop/v1/problems', undefined, undefined],
    ['an unreadable address like ours', 'GET', '/shop/v1/joblib/%', undefined, undefined],
    ['a failure', 'GET', '/host/failure', undefined, undefined],
    ['an unknown address', 'GET', '/nothing', undefined, undefined],
    ['an unknown method', 'PUT', '/host', undefined, undefined],
    ['an exotic method', 'PROPFIND', '/host', undefined, undefined],
    ['a preflight', 'OPTIONS', '/host', undefined, undefined],
  ])('answer %s as without us', async (_case, method, path, contentType, body) => {
    const answers = [withUs, withoutUs].map(async ({ call }) =>
      seen(
        await call(method, path, {
          headers: contentType === undefined ? {} : { 'content-type': contentType },
          ...(body === undefined ? {} : { body: Buffer.from(body) }),
        }),
      ),
    );
    const [ours, theirs] = await Promise.all(answers);
    expect(ours).toEqual(theirs);
  });
});
