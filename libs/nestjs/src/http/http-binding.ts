import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { MAX_NAME_LENGTH, ProblemError } from '@joblib/contract';
import { IDENTITY, JOBLIB_SETTINGS } from '../ports/index.js';
import type { Identity, JoblibSettings } from '../ports/index.js';
import { areaOf } from './base-path.js';
import { addBodyParser, chooseBodyParser } from './body-parser.js';
import { authenticate } from './caller.js';
import { markOf } from './our-routes.js';
import type { Area, RouteMark } from './our-routes.js';
import { sendProblem } from './problem.filter.js';
import { RouteTable } from './route-table.js';
import { closeWhatGetsIdle } from './stop-listening.js';
import { receiveBody } from './streamed-body.js';

/** A full name: three parts of code points that take two characters each, and two colons. */
const LONGEST_PARAMETER = 3 * 2 * MAX_NAME_LENGTH + 2;

const bindings = new WeakMap<FastifyInstance, HttpBinding>();

/**
 * Gives our own routes, and no other, their authentication, body limit, body parser and error documents. `bind()` has to run
 * before Nest registers routes: from `configure()` of the module.
 */
@Injectable()
export class HttpBinding {
  readonly #logger = new Logger('Joblib');
  /** A host's global prefix, where it applies to us. */
  #prefix = '';

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly routes: RouteTable,
    @Inject(JOBLIB_SETTINGS) private readonly settings: JoblibSettings,
    @Inject(IDENTITY) private readonly identity: Identity,
  ) {}

  /** @throws Error when the application does not run on Fastify. Does nothing without an HTTP server, and the second time. */
  bind(): void {
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (adapter === undefined) return;
    if (adapter.getType() !== 'fastify')
      throw new Error(`Joblib's HTTP API needs the FastifyAdapter of @nestjs/platform-fastify, not '${adapter.getType()}'.`);
    const instance = adapter.getInstance<FastifyInstance>();
    if (bindings.has(instance)) return;
    bindings.set(instance, this);
    addBodyParser(instance);
    instance.addHook('onRoute', (route) => this.#adopt(route));
    this.#warnOfShortParameters(instance);
    instance.addHook('preClose', (done) => {
      closeWhatGetsIdle(instance.server);
      done();
    });
  }

  /** Whose an address is that no route has; `null` for the host's. */
  areaOf(path: string): Area | null {
    return path.startsWith(this.#prefix) ? areaOf(path.slice(this.#prefix.length)) : null;
  }

  /** Authenticates a request that reached no route of ours. */
  async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await authenticate(this.identity, request, reply);
  }

  #adopt(route: RouteOptions): void {
    const mark = markOf(route.config);
    if (mark === null) return;
    this.#prefix = route.url.slice(0, Math.max(0, route.url.indexOf('/v1/')));
    route.errorHandler = sendProblem;
    if (mark.area === 'problems') return;
    this.routes.add(route.method, route.url);
    route.bodyLimit = mark.hasStreamedBody ? this.settings.providerResultMaxBytes : this.settings.maxBodyBytes;
    route.onRequest = [...[route.onRequest ?? []].flat(), (request, reply, done) => this.#onRequest(request, reply, done)];
    // Behind the body, since one that is too large or malformed comes first.
    if (route.url.includes(':')) {
      route.preValidation = [...[route.preValidation ?? []].flat(), (request, _reply, done) => refuseEmptySegment(request, mark, done)];
    }
  }

  #onRequest(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    authenticate(this.identity, request, reply).then(
      (state) => {
        chooseBodyParser(request, state);
        done();
      },
      (error: unknown) => done(error instanceof Error ? error : new Error('The identity refused without saying why.', { cause: error })),
    );
  }

  #warnOfShortParameters(instance: FastifyInstance): void {
    const { maxParamLength } = instance.initialConfig.routerOptions ?? instance.initialConfig;
    if (maxParamLength !== undefined && maxParamLength >= LONGEST_PARAMETER) return;
    this.#logger.warn(
      `The router reads path segments of up to ${maxParamLength ?? 100} characters and answers 404 for longer names. ` +
        `Create the adapter with {routerOptions: {maxParamLength: ${LONGEST_PARAMETER}}}.`,
    );
  }
}

/**
 * For the `frameworkErrors` option of the server: addresses of ours that the router cannot even read (broken percent-encoding) are
 * answered like every other refusal, 401 first; those of others as Nest does.
 */
export function answerUnreadableAddress(error: Error, anyRequest: unknown, anyReply: unknown): void {
  // The option is typed for the requests of every protocol; nothing here depends on one.
  const request = anyRequest as FastifyRequest;
  const reply = anyReply as FastifyReply;
  const binding = bindings.get(request.server);
  const area = binding?.areaOf(request.url.replace(/\?.*$/s, '')) ?? null;
  if (binding === undefined || area === null) reply.send(error);
  else if (area === 'problems') sendProblem(error, request, reply);
  else void refuse(binding, error, request, reply);
}

async function refuse(binding: HttpBinding, error: Error, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    await binding.authenticate(request, reply);
  } catch (refusal) {
    sendProblem(refusal, request, reply);
    return;
  }
  sendProblem(error, request, reply);
}

function refuseEmptySegment(request: FastifyRequest, { hasStreamedBody }: RouteMark, done: (error?: Error) => void): void {
  if (!hasEmptySegment(request)) return done();
  const nothing = new ProblemError('NotFound', `There is nothing at ${request.url}: a segment is empty.`);
  if (!hasStreamedBody) return done(nothing);
  receiveBody(request, request.routeOptions.bodyLimit).then(() => done(nothing), done);
}

/** The router takes an empty segment for a parameter; Nest would hand that to the host's own 404. */
function hasEmptySegment(request: FastifyRequest): boolean {
  const params = request.params as Readonly<Record<string, string>>;
  for (const name in params) if (params[name] === '' && name !== '*') return true;
  return false;
}
