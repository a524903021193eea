import { Entity, Index, PrimaryColumn } from 'typeorm';

/** Table `joblib_worker_job`: which worker serves which job. */
@Entity('joblib_worker_job')
@Index('joblib_worker_job_by_job', ['jobId'])
export class WorkerJobEntity {
  @PrimaryColumn({ name: 'worker_id', type: 'uuid', primaryKeyConstraintName: 'joblib_worker_job_pk' })
  workerId!: string;

  @PrimaryColumn({ name: 'job_id', type: 'uuid', primaryKeyConstraintName: 'joblib_worker_job_pk' })
  jobId!: string;
}
