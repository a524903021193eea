import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Table `joblib_service`: what the servers run, as each of them last told. Times are epoch milliseconds. */
@Entity('joblib_service')
export class ServiceEntity {
  @PrimaryColumn({ name: 'server_id', type: 'uuid', primaryKeyConstraintName: 'joblib_service_pk' })
  serverId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'joblib_service_pk' })
  name!: string;

  /** In the order in which the server starts them. */
  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ type: 'text' })
  state!: string;

  @Column({ type: 'text' })
  health!: string;

  @Column({ type: 'integer' })
  restarts!: number;

  @Column({ name: 'started_at', type: 'bigint', nullable: true })
  startedAt!: number | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  /** Names of services, as a JSON list. */
  @Column({ type: 'text' })
  requires!: string;

  /** Full names of the jobs that need it, as a JSON list. */
  @Column({ type: 'text' })
  jobs!: string;

  /** Host name and process id, for people. */
  @Column({ type: 'text' })
  server!: string;

  /** What another server was asked to have done with it; its own clears it when it sets about it. */
  @Column({ type: 'text', nullable: true })
  requested!: string | null;

  /** Its server's last sign of life. */
  @Column({ name: 'announced_at', type: 'bigint' })
  announcedAt!: number;

  /** When its server said that it stops. */
  @Column({ name: 'left_at', type: 'bigint', nullable: true })
  leftAt!: number | null;
}
