import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { HAS_ENDED, IS_ACTIVE, IS_PENDING } from '../task-phases.js';

/** Table `joblib_task`. JSON columns hold JSON text, times are epoch milliseconds. Ids sort by creation. */
@Entity('joblib_task')
@Index('joblib_task_pending', ['jobId', 'createdAt', 'id'], { where: IS_PENDING })
@Index('joblib_task_pending_in_room', ['roomId', 'id'], { where: IS_PENDING })
@Index('joblib_task_of_worker', ['workerId'], { where: IS_ACTIVE })
@Index('joblib_task_ended', ['roomId', 'status', 'id'], { where: HAS_ENDED })
@Index('joblib_task_completed', ['completedAt'], { where: HAS_ENDED })
@Index('joblib_task_by_room', ['roomId', 'id'])
@Index('joblib_task_by_job', ['jobId', 'roomId', 'id'])
export class TaskEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'joblib_task_pk' })
  id!: string;

  @Column({ name: 'job_id', type: 'uuid' })
  jobId!: string;

  /** Full name of the job; it never changes, so answers need no join. */
  @Column({ name: 'job_name', type: 'text' })
  jobName!: string;

  /** The room it was submitted in. */
  @Column({ name: 'room_id', type: 'text' })
  roomId!: string;

  @Column({ name: 'created_by_id', type: 'text' })
  createdById!: string;

  @Column({ type: 'text' })
  status!: string;

  @Column({ type: 'text' })
  payload!: string;

  @Column({ type: 'text', nullable: true })
  result!: string | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;

  @Column({ type: 'text', nullable: true })
  progress!: string | null;

  @Column({ type: 'integer' })
  attempt!: number;

  @Column({ name: 'worker_id', type: 'uuid', nullable: true })
  workerId!: string | null;

  @Column({ name: 'claimed_by_id', type: 'text', nullable: true })
  claimedById!: string | null;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'claimed_at', type: 'bigint', nullable: true })
  claimedAt!: number | null;

  @Column({ name: 'started_at', type: 'bigint', nullable: true })
  startedAt!: number | null;

  @Column({ name: 'completed_at', type: 'bigint', nullable: true })
  completedAt!: number | null;
}
