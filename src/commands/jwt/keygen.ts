import { randomBytes } from 'node:crypto';
import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { likelyAdminOrg } from '../../flows/known-use.js';
import { Failure } from '../../failure.js';
import type { Certified } from '../../flows/keygen/by-signer.js';
import type { Certificate } from '../../keys/credential/certificate.js';
import { positiveSerialNumber, type KeySize } from '../../keys/credential/issue.js';
import type { Passphrase } from '../../keys/credential/private-key.js';
import { planCertificateFiles, type CertificateFilesPlan } from '../../machine/files/certificate-files.js';
import { createKeyFiles, planKeyFiles, type KeyFiles } from '../../machine/files/key-files.js';
import { findNewPassphrase, isReadableByOthers } from '../../machine/files/passphrase.js';
import { credentialFlags, subjectOf } from '../../terminal/flags/credential.js';
import { warnOfCommittable } from '../../terminal/committable.js';
import { warnOfInterrupted } from '../../terminal/interrupted-files.js';
import { progressOf } from '../../terminal/progress.js';
import { newSecretAsker } from '../../terminal/prompt.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import { explain } from '../../terminal/explain.js';
import { pinAsker } from '../../terminal/flags/login.js';
import { asPath, asSigner, asText } from '../../terminal/flags/path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.keygen');

/** What `sf jwt keygen --json` returns. Paths are absolute; dates are ISO 8601 in UTC. */
export type JwtKeygenResult = {
  /** The private key: PKCS#8 PEM, mode 0600. Absent with a signer, which keeps it. */
  privateKeyFile?: string;
  /** URI of the key, with its version, where a signer keeps it. */
  signer?: string;
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
    'name': Flags.string({
      char: 'n',
      parse: asText('--name'),
      summary: messages.getMessage('flags.name.summary'),
      default: 'server',
    }),
    'output-dir': Flags.directory({
      char: 'd',
      parse: asPath('--output-dir', 'output'),
      summary: messages.getMessage('flags.output-dir.summary'),
      default: '.',
    }),
    'signer': Flags.string({
      parse: asSigner('--signer'),
      summary: messages.getMessage('flags.signer.summary'),
      description: messages.getMessage('flags.signer.description'),
    }),
    'create': Flags.boolean({
      dependsOn: ['signer'],
      summary: messages.getMessage('flags.create.summary'),
      description: messages.getMessage('flags.create.description'),
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
    SF_JWT_SIGNER: messages.getMessage('environment.SF_JWT_SIGNER'),
    SF_JWT_SIGNER_PIN: messages.getMessage('environment.SF_JWT_SIGNER_PIN'),
  });

  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: messages.getMessage('exitCodes.2'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtKeygenResult> {
    const { flags, metadata } = await this.parse(JwtKeygen);
    const signer = flags.signer ?? process.env['SF_JWT_SIGNER']?.trim();
    const asked = {
      folder: flags['output-dir'],
      name: flags.name,
      subject: subjectOf(flags),
      keySize: flags['key-size'],
      days: flags.days,
      now: new Date(),
      serialNumber: positiveSerialNumber(randomBytes(20)),
      withRequest: flags.csr,
      overwrite: flags.overwrite,
    };
    if (signer) {
      const sizeGiven = metadata.flags['key-size']?.setFromDefault !== true;
      requireSuited({ '--encrypt': flags.encrypt, '--key-size': sizeGiven && !flags.create }, signer);
      return this.certify(planCertificateFiles(asked), signer, flags.create ? flags['key-size'] : undefined);
    }
    const plan = planKeyFiles(asked);
    const passphrase = flags.encrypt ? await this.newPassphrase(flags['passphrase-file']) : undefined;
    this.waiting.start(messages.getMessage('spinner', [flags['key-size']]));
    const files = await createKeyFiles(plan, passphrase);
    this.waiting.stop();
    const encrypted = passphrase !== undefined;
    this.report(files, encrypted);
    await warnOfCommittable(this, [files.paths.privateKeyFile]);
    return toResult(files, encrypted);
  }

  /** A certificate for a key that a signer keeps, or makes. */
  private async certify(
    plan: CertificateFilesPlan,
    uri: string,
    create: KeySize | undefined,
  ): Promise<JwtKeygenResult> {
    const [{ certifyBySigner }, { signerDependencies }] = await Promise.all([
      import('../../flows/keygen/by-signer.js'),
      import('../../machine/signer-dependencies.js'),
    ]);
    this.waiting.start(messages.getMessage('spinner.signer'));
    const asked = { uri, create };
    let created: string | undefined;
    try {
      const files = await certifyBySigner(plan, asked, signerDependencies(pinAsker(this)), (made) => (created = made));
      this.waiting.stop();
      this.reportCertified(files, created !== undefined);
      const { paths, signer, certificate } = files;
      return { ...paths, signer, encrypted: false, ...factsOf(certificate) };
    } catch (error) {
      if (created !== undefined) this.warn(messages.getMessage('warning.created', [created]));
      throw error;
    }
  }

  private reportCertified({ paths, certificate, signer, stale, interruptedFiles }: Certified, created: boolean): void {
    const { certificateFile, csrFile } = paths;
    this.logSuccess(messages.getMessage(created ? 'success.created' : 'success.signer', [certificate.keySize]));
    this.log();
    this.log(messages.getMessage('signer', [signer]));
    this.tellCertificate(certificate, certificateFile, csrFile);
    for (const file of stale) this.warn(messages.getMessage('warning.staleKey', [file]));
    warnOfInterrupted(this, interruptedFiles);
    this.tellNext('next.command.signer', certificateFile, signer);
  }

  private tellCertificate(certificate: Certificate, certificateFile: string, csrFile: string | undefined): void {
    const ends = certificate.notAfter.toISOString().slice(0, 10);
    const days = Math.round((certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 86_400_000);
    this.log(messages.getMessage('certificate', [certificateFile]));
    if (csrFile !== undefined) this.log(messages.getMessage('request', [csrFile]));
    this.log(messages.getMessage('fingerprint', [certificate.fingerprint256]));
    this.log(messages.getMessage('validUntil', [ends, days]));
    this.log();
  }

  private tellNext(command: 'next.command' | 'next.command.signer', certificateFile: string, key: string): void {
    this.log(messages.getMessage(command === 'next.command' ? 'next' : 'next.signer'));
    const words = [likelyAdminOrg(this.configAggregator), certificateFile, key].map((word) => shellQuote(word));
    this.log(messages.getMessage(command, [this.config.bin, ...words]));
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

  private report({ paths, certificate, staleRequestFile, interruptedFiles }: KeyFiles, encrypted: boolean): void {
    const { privateKeyFile, certificateFile, csrFile } = paths;
    const onlyYou = process.platform === 'win32' ? 'privateKey' : 'privateKey.mode';
    this.logSuccess(messages.getMessage('success', [certificate.keySize]));
    this.log();
    this.log(messages.getMessage(encrypted ? `${onlyYou}.encrypted` : onlyYou, [privateKeyFile]));
    this.tellCertificate(certificate, certificateFile, csrFile);
    if (encrypted) this.warn(messages.getMessage('warning.encrypted'));
    if (staleRequestFile !== undefined) this.warn(messages.getMessage('warning.staleRequest', [staleRequestFile]));
    warnOfInterrupted(this, interruptedFiles);
    this.tellNext('next.command', certificateFile, privateKeyFile);
  }
}

/** No private key is made where a signer has it. @throws Failure `signer_flag_unsuited`, as for wrong flags */
function requireSuited(given: Record<string, boolean | undefined>, signer: string): void {
  const [flag] = Object.entries(given).find(([, isGiven]) => isGiven === true) ?? [];
  if (flag === undefined) return;
  throw Object.assign(explain(new Failure('signer_flag_unsuited', { flag, signer })), { exitCode: 2 });
}

function toResult({ paths, certificate }: KeyFiles, encrypted: boolean): JwtKeygenResult {
  return { ...paths, encrypted, ...factsOf(certificate) };
}

function factsOf(
  certificate: Certificate,
): Pick<JwtKeygenResult, 'keySize' | 'subject' | 'serialNumber' | 'notBefore' | 'notAfter' | 'fingerprint256'> {
  return {
    keySize: certificate.keySize,
    subject: certificate.subject,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    fingerprint256: certificate.fingerprint256,
  };
}
