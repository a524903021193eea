import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ANY_ORIGIN } from './origins.js';

const PREFLIGHT_MAX_AGE_SECONDS = 600;

/** What a page from another origin may read besides the body. */
const EXPOSED_HEADERS = [
  'Location',
  'Retry-After',
  'Preference-Applied',
  'WWW-Authenticate',
  'Allow',
  'ETag',
  'Age',
  'Accept-Ranges',
  'Content-Range',
];

/** Lets pages of these origins call the API; without any, browsers keep to the service's own origin. */
export function enableCors(app: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins.includes(ANY_ORIGIN) ? ANY_ORIGIN : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
  });
}
