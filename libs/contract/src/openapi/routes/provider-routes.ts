import { ANY, BODY, PATH, ROOM_READ, ROOM_WRITE } from './route.js';
import type { Route } from './route.js';

/** Reads that connected workers answer. */
export const providerRoutes = [
  {
    operationId: 'registerProvider',
    method: 'PUT',
    path: '/v1/joblib/rooms/{room_id}/providers',
    summary: 'Register a provider, or update it',
    problems: [...ANY, ...BODY, ...ROOM_WRITE, 'InvalidCategory', 'WorkerNotFound'],
  },
  {
    operationId: 'listProviders',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/providers',
    summary: 'List the providers that a room can read',
    problems: [...ANY, ...ROOM_READ, 'ValidationError'],
  },
  {
    operationId: 'getProvider',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/providers/{full_name}/info',
    summary: 'Read about a provider',
    problems: [...ANY, ...ROOM_READ, 'ProviderNotFound'],
  },
  {
    operationId: 'readProvider',
    method: 'GET',
    path: '/v1/joblib/rooms/{room_id}/providers/{full_name}',
    summary: 'Read from a provider, or from the cache of its results',
    problems: [
      ...ANY,
      ...ROOM_READ,
      'ProviderNotFound',
      'PayloadInvalid',
      'RangeNotSatisfiable',
      'InternalJobNotConfigured',
      'ProviderDisconnected',
      'ProviderTimeout',
      'ResultBackendUnavailable',
    ],
  },
  {
    operationId: 'uploadProviderResult',
    method: 'POST',
    path: '/v1/joblib/providers/{provider_id}/results',
    summary: 'Upload the result of a read',
    problems: [...ANY, ...PATH, ...BODY, 'ProviderNotFound', 'Forbidden', 'ResultBackendUnavailable'],
  },
  {
    operationId: 'removeProvider',
    method: 'DELETE',
    path: '/v1/joblib/providers/{provider_id}',
    summary: 'Remove a provider',
    problems: [...ANY, ...PATH, 'ProviderNotFound', 'Forbidden'],
  },
] as const satisfies readonly Route[];
