import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Table `joblib_job`. */
@Entity('joblib_job')
@Index('joblib_job_by_name', ['roomId', 'category', 'name'], { unique: true })
export class JobEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'joblib_job_pk' })
  id!: string;

  @Column({ name: 'room_id', type: 'text' })
  roomId!: string;

  @Column({ type: 'text' })
  category!: string;

  @Column({ type: 'text' })
  name!: string;

  /** JSON Schema, as JSON text. */
  @Column({ type: 'text' })
  schema!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  /** Set while the job is soft-deleted. */
  @Column({ name: 'deleted_at', type: 'bigint', nullable: true })
  deletedAt!: number | null;
}
