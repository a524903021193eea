import { Controller, Get, Inject, Optional, Res } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { DatabaseHealth } from '@joblib/nestjs';
import type { FastifyReply } from 'fastify';
import { SharedRedis } from '../redis/shared-redis.js';

/** How it is; `redis` only where there is to be one. */
interface Readiness {
  readonly status: 'ok' | 'error';
  readonly database: 'up' | 'down';
  readonly redis?: 'up' | 'degraded';
}

const DATABASE_TIMEOUT_MS = 2_000;

/** For whoever starts, stops and balances servers; needs no token. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseHealth,
    @Optional() @Inject(SharedRedis) private readonly redis: SharedRedis | null = null,
  ) {}

  /** 200 for as long as the process answers at all. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 503 while the database is away. Without Redis it is ready: everything works, only not across servers. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const attempt = this.indicators.check('database').attempt(() => this.database.check());
    const { database } = await attempt.withTimeout(DATABASE_TIMEOUT_MS);
    const { redis } = this;
    const redisPart = redis === null ? {} : ({ redis: redis.isConnected ? 'up' : 'degraded' } as const);
    if (database.status === 'up') return { status: 'ok', database: 'up', ...redisPart };
    reply.status(503).header('retry-after', '1');
    return { status: 'error', database: 'down', ...redisPart };
  }
}
