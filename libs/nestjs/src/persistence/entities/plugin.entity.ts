import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Table `joblib_plugin`: which plugins the servers have, so that each of them knows what others wait for. */
@Entity('joblib_plugin')
export class PluginEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'joblib_plugin_pk' })
  name!: string;

  /** `reports` or `tasks`. */
  @Column({ type: 'text' })
  accepts!: string;

  /** Epoch milliseconds. */
  @Column({ name: 'announced_at', type: 'bigint' })
  announcedAt!: number;
}
