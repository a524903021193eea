import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Table `joblib_submission_key`: what an `Idempotency-Key` stood for, for 24 hours. */
@Entity('joblib_submission_key')
@Index('joblib_submission_key_by_age', ['createdAt'])
export class SubmissionKeyEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text', primaryKeyConstraintName: 'joblib_submission_key_pk' })
  userId!: string;

  @PrimaryColumn({ name: 'room_id', type: 'text', primaryKeyConstraintName: 'joblib_submission_key_pk' })
  roomId!: string;

  @PrimaryColumn({ name: 'job_name', type: 'text', primaryKeyConstraintName: 'joblib_submission_key_pk' })
  jobName!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'joblib_submission_key_pk' })
  key!: string;

  /** SHA-256 of what was submitted, so that another payload under the same key is noticed. */
  @Column({ type: 'text' })
  fingerprint!: string;

  /** Ids of the tasks that it made, as a JSON list. */
  @Column({ name: 'task_ids', type: 'text' })
  taskIds!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;
}
