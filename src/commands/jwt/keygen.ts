import { randomBytes } from 'node:crypto';
import { Messages } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { positiveSerialNumber } from '../../credential/issue.js';
import type { Passphrase } from '../../credential/private-key.js';
import { explain } from '../../explain.js';
import { createKeyFiles, planKeyFiles, type KeyFiles } from '../../files/key-files.js';
import { findNewPassphrase, isReadableByOthers } from '../../files/passphrase.js';
import { credentialFlags, subjectOf } from '../../flags/credential.js';
import { progressOf } from '../../progress.js';
import { newSecretAsker } from '../../prompt.js';
import { shellQuote } from '../../shell-quote.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.keygen');

/** What `sf jwt keygen --json` returns. Paths are absolute; dates are ISO 8601 in UTC. */
export type JwtKeygenResult = {
  /** The private key: PKCS#8 PEM, mode 0600. */
  privateKeyFile: string;
  /** The self-signed X.509 v3 certificate: PEM. */
  certificateFile: string;
  /** The PKCS#10 certificate signing request: PEM. Only with --csr. */
  csrFile?: string;
  /** Bits of the RSA key. */
  keySize: number;
  /** Whether a passphrase protects the private key. */
  encrypted: boolean;
  /** The certificate's subject on one line, with values escaped as in RFC 4514. */
  subject: string;
  /** The certificate's serial number in hexadecimal digits. */
  serialNumber: string;
  /** When the certificate begins to be valid. */
  notBefore: string;
  /** When the certificate ends. */
  notAfter: string;
  /** SHA-256 fingerprint of the certificate: upper-case pairs of hexadecimal digits with colons. */
  fingerprint256: string;
};

export default class JwtKeygen extends SfCommand<JwtKeygenResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    'name': Flags.string({ char: 'n', summary: messages.getMessage('flags.name.summary'), default: 'server' }),
    'output-dir': Flags.directory({
      char: 'd',
      summary: messages.getMessage('flags.output-dir.summary'),
      default: '.',
    }),
    ...credentialFlags,
    'csr': Flags.boolean({ default: false, summary: messages.getMessage('flags.csr.summary') }),
    'overwrite': Flags.boolean({
      default: false,
      summary: messages.getMessage('flags.overwrite.summary'),
      description: messages.getMessage('flags.overwrite.description'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', {
    SF_JWT_KEY_PASSPHRASE: messages.getMessage('environment.SF_JWT_KEY_PASSPHRASE'),
  });

  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: messages.getMessage('exitCodes.2'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtKeygenResult> {
    const { flags } = await this.parse(JwtKeygen);
    const plan = planKeyFiles({
      folder: flags['output-dir'],
      name: flags.name,
      subject: subjectOf(flags),
      keySize: flags['key-size'],
      days: flags.days,
      now: new Date(),
      serialNumber: positiveSerialNumber(randomBytes(20)),
      withRequest: flags.csr,
      overwrite: flags.overwrite,
    });
    const passphrase = flags.encrypt ? await this.newPassphrase(flags['passphrase-file']) : undefined;
    this.waiting.start(messages.getMessage('spinner', [flags['key-size']]));
    const files = await createKeyFiles(plan, passphrase);
    this.waiting.stop();
    const encrypted = passphrase !== undefined;
    this.report(files, flags.days, encrypted);
    return toResult(files, encrypted);
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explain(error));
  }

  private async newPassphrase(file: string | undefined): Promise<Passphrase> {
    const ask = newSecretAsker(this, {
      first: messages.getMessage('prompt.passphrase'),
      again: messages.getMessage('prompt.passphrase.again'),
    });
    const variable = process.env['SF_JWT_KEY_PASSPHRASE'];
    const passphrase = await findNewPassphrase({ file, variable, ask });
    if (file !== undefined && isReadableByOthers(file)) {
      this.warn(messages.getMessage('warning.passphraseFileReadable', [file]));
    }
    return passphrase;
  }

  private report(
    { paths, certificate, staleRequestFile, interruptedFiles }: KeyFiles,
    days: number,
    encrypted: boolean,
  ) {
    const { privateKeyFile, certificateFile, csrFile } = paths;
    const ends = certificate.notAfter.toISOString().slice(0, 10);
    const onlyYou = process.platform === 'win32' ? 'privateKey' : 'privateKey.mode';
    this.logSuccess(messages.getMessage('success', [certificate.keySize]));
    this.log();
    this.log(messages.getMessage(encrypted ? `${onlyYou}.encrypted` : onlyYou, [privateKeyFile]));
    this.log(messages.getMessage('certificate', [certificateFile]));
    if (csrFile !== undefined) this.log(messages.getMessage('request', [csrFile]));
    this.log(messages.getMessage('fingerprint', [certificate.fingerprint256]));
    this.log(messages.getMessage('validUntil', [ends, days]));
    this.log();
    if (encrypted) this.warn(messages.getMessage('warning.encrypted'));
    if (staleRequestFile !== undefined) this.warn(messages.getMessage('warning.staleRequest', [staleRequestFile]));
    if (interruptedFiles.length > 0) {
      this.warn(messages.getMessage('warning.interrupted', [interruptedFiles.join(', ')]));
    }
    this.log(messages.getMessage('next'));
    this.log(
      messages.getMessage('next.command', [this.config.bin, shellQuote(certificateFile), shellQuote(privateKeyFile)]),
    );
  }
}

function toResult({ paths, certificate }: KeyFiles, encrypted: boolean): JwtKeygenResult {
  return {
    ...paths,
    keySize: certificate.keySize,
    encrypted,
    subject: certificate.subject,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    fingerprint256: certificate.fingerprint256,
  };
}
