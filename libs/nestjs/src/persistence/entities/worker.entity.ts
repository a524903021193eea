import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Table `joblib_worker`. Times are epoch milliseconds. */
@Entity('joblib_worker')
@Index('joblib_worker_by_user', ['userId'])
export class WorkerEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'joblib_worker_pk' })
  id!: string;

  @Column({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'last_heartbeat', type: 'bigint' })
  lastHeartbeat!: number;

  /** Last sign of life of any kind: heartbeat, claim or join. A clean-up after a lost socket spares whoever was seen since. */
  @Column({ name: 'last_seen_at', type: 'bigint' })
  lastSeenAt!: number;
}
