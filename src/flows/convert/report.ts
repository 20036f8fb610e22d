import { Messages } from '../../terminal/messages.js';
import { fill } from '../../terminal/fill.js';
import type { Output } from '../../terminal/output.js';
import type { KnownUse } from '../known-use.js';
import type { JwtConvertResult } from './result.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.convert');

/** What was written, and what to do with it. */
export function reportConverted(
  output: Output,
  result: JwtConvertResult,
  { compatible, bin, use }: { compatible: boolean; bin: string; use: KnownUse },
): void {
  const { file, format, certificateFile, alias, encrypted } = result;
  const formatName = messages.getMessage(`format.${format}`);
  const keyAlone = result.certificates === 0;
  output.logSuccess(messages.getMessage(keyAlone ? 'success.keyAlone' : 'success', [result.keySize, formatName]));
  output.log();
  output.log(messages.getMessage(encrypted && format === 'pem' ? 'file.encrypted' : 'file', [file]));
  if (certificateFile !== undefined) output.log(messages.getMessage('certificateFile', [certificateFile]));
  if (alias !== undefined) output.log(messages.getMessage('alias', [alias]));
  if (result.fingerprint256 !== undefined) output.log(messages.getMessage('fingerprint', [result.fingerprint256]));
  if (result.notAfter !== undefined) output.log(messages.getMessage('validUntil', [result.notAfter.slice(0, 10)]));
  output.log();
  if (result.notAfter !== undefined && new Date(result.notAfter) < new Date()) {
    output.warn(messages.getMessage('warning.ended', [result.notAfter.slice(0, 10)]));
  }
  if (format === 'jks') output.warn(messages.getMessage('warning.jks'));
  // A PEM file without a .crt beside it holds one certificate, so it works for --certificate-file itself.
  const values = {
    ...{ bin, file, certificate: certificateFile ?? file },
    adminOrg: use.adminOrg,
    username: use.username ?? messages.getMessage('example.username'),
    clientId: use.clientId ?? messages.getMessage('example.clientId'),
    loginUrl: use.loginUrl ?? messages.getMessage('example.loginUrl'),
  };
  const next = format === 'pkcs12' && compatible ? 'pkcs12.compatible' : keyAlone ? 'pem.keyAlone' : format;
  for (const line of messages.getMessages(`next.${next}`)) output.log(fill(line, values));
}
