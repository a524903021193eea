import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ManagedTokens } from './auth/managed-tokens.js';
import type { ServiceConfig } from './config/service-config.js';
import { setUpDocs } from './docs/setup-docs.js';
import { enableCors } from './http/cors.js';
import { ServiceProblemFilter } from './http/problem.filter.js';
import { SocketAdapter } from './http/socket-adapter.js';
import type { SharedRedis } from './redis/shared-redis.js';

/** Everything of the application that is not a module. */
export function configureApp(
  app: NestFastifyApplication,
  { corsOrigins }: ServiceConfig,
  redis: SharedRedis | null,
  managedTokens: ManagedTokens,
): void {
  // The service has no other customers: what the library does for its own routes is right for unknown addresses too.
  app.useGlobalFilters(new ServiceProblemFilter());
  app.useWebSocketAdapter(new SocketAdapter(app, corsOrigins, redis?.socketAdapter() ?? null, managedTokens));
  enableCors(app, corsOrigins);
  setUpDocs(app);
}
