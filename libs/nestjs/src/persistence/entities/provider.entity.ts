import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Table `joblib_provider`. */
@Entity('joblib_provider')
@Index('joblib_provider_by_name', ['roomId', 'category', 'name'], { unique: true })
@Index('joblib_provider_by_room', ['roomId', 'id'])
@Index('joblib_provider_by_worker', ['workerId'])
export class ProviderEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'joblib_provider_pk' })
  id!: string;

  @Column({ name: 'room_id', type: 'text' })
  roomId!: string;

  @Column({ type: 'text' })
  category!: string;

  @Column({ type: 'text' })
  name!: string;

  /** JSON Schema of the read parameters, as JSON text. */
  @Column({ type: 'text' })
  schema!: string;

  @Column({ name: 'content_type', type: 'text' })
  contentType!: string;

  @Column({ name: 'user_id', type: 'text' })
  userId!: string;

  /** `null` for those that the servers run themselves. */
  @Column({ name: 'worker_id', type: 'uuid', nullable: true })
  workerId!: string | null;

  /** Changes with every registration, and so does where its answers are cached. */
  @Column({ name: 'registration_id', type: 'uuid' })
  registrationId!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;
}
