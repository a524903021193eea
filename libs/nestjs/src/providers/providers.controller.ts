import { Delete, Get, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import { DEFAULT_PROVIDER_CONTENT_TYPE, PROBLEM_MEDIA_TYPE } from '@joblib/contract';
import type { PageRequest, PendingRead } from '@joblib/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { providerJson } from '../domain/provider-json.js';
import {
  CurrentCaller,
  JSON_CONTENT_TYPE,
  JoblibController,
  JsonBody,
  JsonText,
  PageQuery,
  Prefer,
  StreamedBody,
  clientGone,
  registeredSchema,
} from '../http/index.js';
import type { Preferences } from '../http/index.js';
import { CLOCK } from '../ports/index.js';
import type { Caller, Clock } from '../ports/index.js';
import { Providers } from './providers.service.js';
import { ReadProvider } from './read-provider.service.js';
import type { ReadAnswer } from './read-provider.service.js';
import { replyOf, wantsFresh } from './read-reply.js';
import { RegisterProviderDto } from './register-provider.dto.js';
import { RegisterProvider } from './register-provider.service.js';
import { UploadResult } from './upload-result.service.js';

@JoblibController()
export class ProvidersController {
  constructor(
    private readonly registrations: RegisterProvider,
    private readonly providers: Providers,
    private readonly reads: ReadProvider,
    private readonly uploads: UploadResult,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** 201 for a new provider, 200 for one that was there. */
  @Put('rooms/:room/providers')
  @JsonText()
  async register(
    @Param('room') roomId: string,
    @JsonBody() body: RegisterProviderDto,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { category, name } = body;
    const contentType = body.content_type ?? DEFAULT_PROVIDER_CONTENT_TYPE;
    const workerId = body.worker_id ?? null;
    const registration = { caller, roomId, category, name, contentType, workerId, ...registeredSchema(body) };
    const { provider, isNew } = await this.registrations.register(registration);
    reply.status(isNew ? 201 : 200);
    return providerJson(provider);
  }

  @Get('rooms/:room/providers')
  @JsonText()
  async list(@Param('room') roomId: string, @PageQuery() page: PageRequest, @CurrentCaller() caller: Caller): Promise<string> {
    const { items, total } = await this.providers.list(roomId, page, caller);
    return `{"items":[${items.map(providerJson).join(',')}],"total":${total},"limit":${page.limit},"offset":${page.offset}}`;
  }

  @Get('rooms/:room/providers/:fullName/info')
  @JsonText()
  async get(@Param('room') roomId: string, @Param('fullName') fullName: string, @CurrentCaller() caller: Caller): Promise<string> {
    return providerJson(await this.providers.get(roomId, fullName, caller));
  }

  /** The result as bytes, 202 while it is on its way, or what the provider reported. */
  @Get('rooms/:room/providers/:fullName')
  async read(
    @Param('room') roomId: string,
    @Param('fullName') fullName: string,
    @Prefer() preferences: Preferences,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Uint8Array | undefined> {
    const answer = await this.reads.read({
      caller,
      roomId,
      fullName,
      query: queryOf(request.url),
      preferences,
      wantsFresh: wantsFresh(request.headers),
      clientGone: () => clientGone(request),
    });
    return this.#send(answer, request, reply);
  }

  /** Bytes with their hash in a header, or JSON that holds it. */
  @Post('providers/:id/results')
  @HttpCode(204)
  @StreamedBody()
  upload(@Param('id') providerId: string, @CurrentCaller() caller: Caller, @Req() request: FastifyRequest): Promise<void> {
    return this.uploads.upload(providerId, caller, request);
  }

  @Delete('providers/:id')
  @HttpCode(204)
  remove(@Param('id') providerId: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.providers.remove(providerId, caller);
  }

  #send(answer: ReadAnswer, { url, headers }: FastifyRequest, reply: FastifyReply): Uint8Array | undefined {
    if (answer.kind === 'pending') {
      const { providerName, requestHash } = answer.read;
      const pending: PendingRead = { status: 'pending', provider_name: providerName, request_hash: requestHash };
      reply.status(202).headers({ 'content-type': JSON_CONTENT_TYPE, location: url, 'retry-after': '1' });
      return Buffer.from(JSON.stringify(pending));
    }
    if (answer.appliedWaitSeconds !== null) reply.header('preference-applied', `wait=${answer.appliedWaitSeconds}`);
    if (answer.kind === 'failure') {
      reply.status(answer.failure.status).header('content-type', PROBLEM_MEDIA_TYPE);
      return Buffer.from(answer.failure.document);
    }
    const conditions = { ifNoneMatch: headers['if-none-match'], range: headers.range, ifRange: headers['if-range'] as string | undefined };
    const { status, headers: replyHeaders, body } = replyOf(answer.result, conditions, this.clock.now());
    reply.status(status).headers(replyHeaders);
    return body ?? undefined;
  }
}

function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark + 1);
}
