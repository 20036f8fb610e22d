import { dirname, resolve } from 'node:path';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import {
  EXPORT_FORMATS,
  exportFormatOf,
  exportLogins,
  textOf,
  type ExportedRow,
} from '../../../flows/fleet/export/export.js';
import { checkTargets, writeTogether } from '../../../machine/files/replace-together.js';
import { SfCommand } from '../../../terminal/command.js';
import { EXIT_CODES } from '../../../terminal/flags/login.js';
import { asPath } from '../../../terminal/flags/path.js';
import { Messages } from '../../../terminal/messages.js';
import { shellQuote } from '../../../terminal/shell-quote.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.export');

/** What `sf jwt fleet export --json` returns. */
export type JwtFleetExportResult = {
  /** The rows, with the columns that are known of each. */
  orgs: Array<{
    'username': string;
    'instance-url'?: string;
    'alias'?: string;
    'client-id'?: string;
    'jwt-key-file'?: string;
    'signer'?: string;
    'admin'?: string;
    'name'?: string;
  }>;
  /** Usernames of the logins whose key no file of yours has. */
  keyless: string[];
  /** Absolute path; null where the rows were only printed. */
  outputFile: string | null;
};

export default class JwtFleetExport extends SfCommand<JwtFleetExportResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    'output-file': Flags.string({
      parse: asPath('--output-file', 'output'),
      summary: messages.getMessage('flags.output-file.summary'),
    }),
    'format': Flags.option({ options: EXPORT_FORMATS })({
      exclusive: ['output-file'],
      summary: messages.getMessage('flags.format.summary'),
    }),
    'overwrite': Flags.boolean({ dependsOn: ['output-file'], summary: messages.getMessage('flags.overwrite.summary') }),
  };

  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: EXIT_CODES[2],
  });

  public async run(): Promise<JwtFleetExportResult> {
    const { flags } = await this.parse(JwtFleetExport);
    const output = flags['output-file'];
    const path = output === undefined ? undefined : resolve(output);
    const format = path === undefined ? (flags.format ?? 'csv') : exportFormatOf(path);
    if (path !== undefined) checkTargets([path], flags.overwrite);
    const { rows, keyless, damaged } = exportLogins(path === undefined ? undefined : dirname(path));
    const text = await textOf(rows, format);
    if (keyless.length > 0) this.warn(messages.getMessage('warning.keyless', [keyless.join(', ')]));
    if (damaged.length > 0) this.warn(messages.getMessage('warning.damaged', [damaged.join(', ')]));
    if (path === undefined) this.print(text, rows);
    else this.write(path, text, rows.length, output!, flags.overwrite);
    return { orgs: rows, keyless, outputFile: path ?? null };
  }

  private print(text: string, rows: readonly ExportedRow[]): void {
    if (rows.length === 0) this.warn(messages.getMessage('empty'));
    this.log(text.trimEnd());
  }

  /** @throws Failure those of `writeTogether` */
  private write(path: string, data: string, count: number, output: string, overwrite: boolean): void {
    writeTogether([{ path, data, mode: 0o600 }], { overwrite });
    if (count === 0) this.warn(messages.getMessage('empty'));
    this.logSuccess(messages.getMessage('success', [output, count]));
    if (count > 0) this.log(messages.getMessage('next', [this.config.bin, shellQuote(output)]));
  }
}
