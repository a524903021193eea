import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Table `joblib_lease`: what only one server at a time may do, and until when it may. */
@Entity('joblib_lease')
export class LeaseEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'joblib_lease_pk' })
  name!: string;

  @Column({ type: 'text' })
  holder!: string;

  /** Epoch milliseconds. */
  @Column({ name: 'expires_at', type: 'bigint' })
  expiresAt!: number;
}
