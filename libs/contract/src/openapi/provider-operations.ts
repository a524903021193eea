import { PAGE_PARAMETERS } from './operation.js';
import type { OperationDetails } from './operation.js';
import { answers, body, withHeaders } from './responses.js';
import type { OperationId } from './routes.js';
import { schemaRef } from './schema-kit.js';
import type { MediaTypeObject, ResponseObject } from './types.js';

const tag = 'providers';

/** Whatever a provider answers, in the media type that it registered. */
const ANYTHING: Record<string, MediaTypeObject> = {
  'application/json': { schema: {} },
  '*/*': { schema: { type: 'string', format: 'binary' } },
};

const CACHED_HEADERS = ['ETag', 'Cache-Control', 'Age'] as const;

const result = (description: string, content = ANYTHING): ResponseObject => ({ description, content });

export const providerOperations = {
  registerProvider: {
    tag,
    description:
      'Registering again updates the provider and drops its cached results. A name belongs to its first user; a superuser may take it. `@global` needs a superuser, `@internal` is refused.',
    requestBody: body('ProviderRegistration'),
    responses: { 200: answers('It was there already and is updated.', 'Provider'), 201: answers('New.', 'Provider') },
  },
  listProviders: {
    tag,
    description: "The room's own providers and those of `@global` and `@internal`. From `@global` and from `@internal`: only that room's.",
    parameters: PAGE_PARAMETERS,
    responses: { 200: answers('Providers, newest first.', 'ProviderPage') },
  },
  getProvider: { tag, responses: { 200: answers('The provider.', 'Provider') } },
  readProvider: {
    tag,
    description:
      'All query parameters are given to the provider; of a repeated one the last value counts. A cached result is answered at once. Otherwise the provider is asked, once for all who read the same; without `Prefer: wait=N` the answer is 202, with it the call is held until the result is there. `Prefer: handling=strict` refuses a read that nobody can answer now. `Cache-Control: no-cache` asks for a fresh result. A read that the provider reports as failed is answered with the problem that it sent.',
    parameters: ['params', 'Prefer', 'If-None-Match', 'Range', 'Cache-Control'],
    responses: {
      200: withHeaders(result('The result, as the provider sent it.'), [...CACHED_HEADERS, 'Accept-Ranges', 'Preference-Applied']),
      202: answers('It is on its way.', 'PendingRead', ['Location', 'Retry-After']),
      206: withHeaders(result('The part that was asked for.'), [...CACHED_HEADERS, 'Accept-Ranges', 'Content-Range', 'Preference-Applied']),
      304: withHeaders({ description: 'What you have is what it is.' }, [...CACHED_HEADERS, 'Preference-Applied']),
    },
  },
  uploadProviderResult: {
    tag,
    description:
      'Either any bytes, with their hash in `X-Request-Hash`; or JSON that holds the hash. `X-Result-Status: error` makes it the problem document that readers get. Only the owner of the provider or a superuser may. Nobody needs to have asked for it.',
    parameters: ['X-Request-Hash', 'X-Result-Status'],
    requestBody: { required: true, content: { 'application/json': { schema: schemaRef('ProviderResult') }, ...onlyBytes() } },
    responses: { 204: { description: 'Stored; whoever waits for it is answered.' } },
  },
  removeProvider: {
    tag,
    description: 'Its cached results are dropped. Only its owner or a superuser may. A provider also goes with its worker.',
    responses: { 204: { description: 'Removed.' } },
  },
} satisfies Partial<Record<OperationId, OperationDetails>>;

function onlyBytes(): Record<string, MediaTypeObject> {
  return { '*/*': { schema: { type: 'string', format: 'binary' } } };
}
