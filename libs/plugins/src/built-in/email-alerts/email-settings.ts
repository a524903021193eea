import { SEVERITIES } from '../../context/severity.js';
import type { Severity } from '../../context/severity.js';
import type { PluginConfig } from '../../post-processor.js';
import { readConfig } from '../settings/config-reader.js';
import type { ConfigReader } from '../settings/config-reader.js';
import { readAccepts } from '../settings/plugin-settings.js';
import type { CommonSettings } from '../settings/plugin-settings.js';
import { assertTemplate } from '../template/template.js';

export const EMAIL_KEYS = ['accepts', 'smtp', 'from', 'to', 'severities', 'subject'] as const;
export const SMTP_KEYS = ['host', 'port', 'tls', 'user', 'password', 'timeout_seconds'] as const;

/** How a mail server is reached. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `starttls`: encrypted before anything is said, or not at all; `implicit`: from the first byte; `none`: never. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly login: { readonly user: string; readonly pass: string } | null;
  /** For the connection, and for each answer. */
  readonly timeoutSeconds: number;
}

export interface EmailSettings extends CommonSettings {
  readonly smtp: SmtpSettings;
  readonly from: string;
  readonly to: readonly string[];
  /** A failed assertion of one of these is worth a mail. */
  readonly severities: readonly Severity[];
  /** A template. */
  readonly subject: string;
}

/** @throws TypeError */
export function readEmailSettings(config: PluginConfig): EmailSettings {
  return readConfig(config, 'email_alerts', EMAIL_KEYS, (reader) => ({
    accepts: readAccepts(reader),
    smtp: reader.section('smtp', SMTP_KEYS, readSmtp),
    from: reader.text('from'),
    to: reader.texts('to'),
    severities: reader.choicesOr('severities', SEVERITIES, ['P0', 'P1']),
    subject: subjectOf(reader),
  }));
}

function readSmtp(reader: ConfigReader<(typeof SMTP_KEYS)[number]>): SmtpSettings {
  const tls = reader.choiceOr('tls', ['starttls', 'implicit', 'none'], 'starttls');
  return {
    host: reader.text('host'),
    port: reader.wholeNumberOr('port', tls === 'implicit' ? 465 : 587, 1, 65_535),
    tls,
    login: reader.has('user') || reader.has('password') ? { user: reader.text('user'), pass: reader.text('password') } : null,
    timeoutSeconds: reader.numberOr('timeout_seconds', 10, 0.1, 300),
  };
}

function subjectOf(reader: ConfigReader<'subject'>): string {
  const subject = reader.textOr('subject', '{{suite_name}}: {{failed_assertions}} of {{total_assertions}} assertions failed');
  assertTemplate(subject, reader.nameOf('subject'));
  return subject;
}
