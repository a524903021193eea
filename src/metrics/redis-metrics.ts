import { Inject, Injectable, Optional } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { SharedRedis } from '../redis/shared-redis.js';

/** How this server and Redis get on; nothing without Redis. */
@Injectable()
export class RedisMetrics {
  constructor(registry: Registry, @Optional() @Inject(SharedRedis) redis: SharedRedis | null) {
    if (redis === null) return;
    const registers = [registry];
    const up: Gauge = new Gauge({
      name: 'joblib_redis_up',
      help: '1 while Redis can be used, else 0.',
      registers,
      collect: () => up.set(redis.isConnected ? 1 : 0),
    });
    const lost: Counter = new Counter({
      name: 'joblib_redis_lost_messages_total',
      help: 'Events and wake-ups for other servers that could not be sent.',
      registers,
      collect: () => {
        lost.reset();
        lost.inc(redis.lostMessages);
      },
    });
  }
}
