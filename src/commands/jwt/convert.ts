import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Messages } from '@salesforce/core';
import { SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import {
  certificateFileFor,
  filesOf,
  formatOf,
  newAlias,
  pemOf,
  readConversionSource,
  storeOf,
  type ConversionSource,
  type Format,
  type StoreFormat,
} from '../../convert/convert.js';
import { certificateFacts } from '../../credential/certificate-facts.js';
import { keySize, type Passphrase } from '../../credential/private-key.js';
import { explain } from '../../explain.js';
import { Failure } from '../../failure.js';
import { readInput } from '../../files/input-file.js';
import { certificateFileBeside } from '../../files/key-input.js';
import {
  findNewPassphrase,
  findPassphrase,
  isReadableByOthers,
  passphraseFileReader,
  type ReadPassphraseFile,
} from '../../files/passphrase.js';
import { checkTargets, writeTogether } from '../../files/replace-together.js';
import { findStorePassphrase, newStorePassphrase } from '../../files/store-passphrase.js';
import { fill } from '../../fill.js';
import { conversionFlags } from '../../flags/conversion.js';
import { newSecretAsker, secretAsker } from '../../prompt.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.convert');

/** What `sf jwt convert --json` returns. Paths are absolute; dates are ISO 8601 in UTC. */
export type JwtConvertResult = {
  /** The file that was read; `-` for standard input. */
  source: string;
  /** What that file was: by its content, not by its name. */
  sourceFormat: 'pem' | 'pkcs12' | 'jks' | 'jceks';
  /** The file that was written, mode 0600. With PEM, the private key and then its certificates. */
  file: string;
  format: 'pem' | 'pkcs12' | 'jks';
  /** The certificate alone, mode 0644; only with PEM that comes from a keystore or holds several certificates. */
  certificateFile?: string;
  /** Name of the key in the keystore; only with a keystore. */
  alias?: string;
  /** Whether a passphrase protects the private key. */
  encrypted: boolean;
  /** Bits of the RSA key. */
  keySize: number;
  /** How many certificates went along; 0 or more with PEM, 1 or more with a keystore. */
  certificates: number;
  /** The certificate's subject on one line, with values escaped as in RFC 4514. */
  subject?: string;
  /** When the certificate ends. */
  notAfter?: string;
  /** SHA-256 fingerprint of the certificate: upper-case pairs of hexadecimal digits with colons. */
  fingerprint256?: string;
};

type ConvertFlags = Awaited<ReturnType<JwtConvert['flagsOf']>>;

export default class JwtConvert extends SfCommand<JwtConvertResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = { ...conversionFlags };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', {
    SF_JWT_STORE_PASSPHRASE: messages.getMessage('environment.SF_JWT_STORE_PASSPHRASE'),
    SF_JWT_FROM_PASSPHRASE: messages.getMessage('environment.SF_JWT_FROM_PASSPHRASE'),
    SF_JWT_KEY_PASSPHRASE: messages.getMessage('environment.SF_JWT_KEY_PASSPHRASE'),
  });

  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: messages.getMessage('exitCodes.2'),
  });

  public async run(): Promise<JwtConvertResult> {
    const flags = await this.flagsOf();
    const format = formatOf(flags.to);
    checkSuited(flags, format);
    checkTargets([resolve(flags.to)], flags.overwrite);
    const readFile = passphraseFileReader();
    const source = await this.readSource(flags, format, readFile);
    const certificateFile = certificateFileFor(source, flags.to);
    if (certificateFile !== undefined) checkTargets([certificateFile], flags.overwrite);
    const made =
      format === 'pem'
        ? await this.makePem(source, flags, readFile)
        : await this.makeStore(source, format, flags, readFile);
    writeTogether(filesOf(flags.to, made.content, certificateFile, source.entry), { overwrite: flags.overwrite });
    const result = toResult(source, { ...made, certificateFile }, flags, format);
    this.report(result, flags);
    return result;
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explain(error));
  }

  private async flagsOf() {
    return (await this.parse(JwtConvert)).flags;
  }

  private async readSource(
    flags: ConvertFlags,
    format: Format,
    readFile: ReadPassphraseFile,
  ): Promise<ConversionSource> {
    const { from, 'certificate-file': certificateFile, 'from-passphrase-file': fromFile } = flags;
    const [environment, ask] = [process.env, secretAsker(this, messages.getMessage('prompt.from', [from]), from)];
    const { 'store-passphrase-file': storeFile, 'passphrase-file': file } = flags;
    this.warnOfReadable(fromFile, storeFile, file);
    const own = await findStorePassphrase(fromFile, environment['SF_JWT_FROM_PASSPHRASE'], readFile);
    const shared = await findStorePassphrase(storeFile, environment['SF_JWT_STORE_PASSPHRASE'], readFile);
    // An org's export may have an empty passphrase, while the new store never has one.
    const given = own !== undefined ? [own] : shared === undefined ? [] : format === 'pem' ? [shared] : [shared, ''];
    const variable = environment['SF_JWT_KEY_PASSPHRASE'];
    const source = await readConversionSource(
      { content: await readInput(from, process.stdin), source: from === '-' ? 'stdin' : from },
      {
        given: certificateFile === undefined ? undefined : await inputFrom(certificateFile),
        beside: async () => {
          const path = from === '-' ? undefined : certificateFileBeside(from);
          return path === undefined ? undefined : inputFrom(path);
        },
      },
      flags['store-alias'],
      {
        keyPassphrase: async () => own ?? (await findPassphrase({ file, variable, prompt: ask }, readFile)),
        store: { given, ask },
      },
    );
    if (certificateFile !== undefined && source.format !== 'pem') {
      throw new Failure('conversion_option_unsuited', { flag: '--certificate-file', path: from });
    }
    return source;
  }

  private async makePem({ entry }: ConversionSource, flags: ConvertFlags, readFile: ReadPassphraseFile) {
    const [file, variable] = [flags['passphrase-file'], process.env['SF_JWT_KEY_PASSPHRASE']];
    const passphrase: Passphrase | undefined = flags.encrypt
      ? await findNewPassphrase({ file, variable, ask: this.twice('prompt.key', flags) }, readFile)
      : undefined;
    const content = pemOf(entry, { pkcs1: flags.pkcs1, passphrase });
    return { content, encrypted: passphrase !== undefined, alias: undefined };
  }

  private async makeStore(
    source: ConversionSource,
    format: StoreFormat,
    flags: ConvertFlags,
    readFile: ReadPassphraseFile,
  ) {
    const alias = newAlias(source, flags['store-alias'], format, flags.to);
    const password = await newStorePassphrase(
      await findStorePassphrase(flags['store-passphrase-file'], process.env['SF_JWT_STORE_PASSPHRASE'], readFile),
      this.twice('prompt.store', flags),
    );
    const profile = flags.compatible ? 'compatible' : 'modern';
    const content = storeOf(source, { format, alias, password, profile }, new Date(), randomBytes);
    return { content, encrypted: true, alias };
  }

  private twice(key: 'prompt.key' | 'prompt.store', { from }: ConvertFlags) {
    return newSecretAsker(this, { first: messages.getMessage(key), again: messages.getMessage('prompt.again') }, from);
  }

  private warnOfReadable(...files: Array<string | undefined>): void {
    for (const file of files) {
      if (file !== undefined && isReadableByOthers(file)) {
        this.warn(messages.getMessage('warning.passphraseFileReadable', [file]));
      }
    }
  }

  private report(result: JwtConvertResult, flags: ConvertFlags): void {
    const { file, format, certificateFile, alias, encrypted } = result;
    const formatName = messages.getMessage(`format.${format}`);
    const keyAlone = result.certificates === 0;
    this.logSuccess(messages.getMessage(keyAlone ? 'success.keyAlone' : 'success', [result.keySize, formatName]));
    this.log();
    this.log(messages.getMessage(encrypted && format === 'pem' ? 'file.encrypted' : 'file', [file]));
    if (certificateFile !== undefined) this.log(messages.getMessage('certificateFile', [certificateFile]));
    if (alias !== undefined) this.log(messages.getMessage('alias', [alias]));
    if (result.fingerprint256 !== undefined) this.log(messages.getMessage('fingerprint', [result.fingerprint256]));
    if (result.notAfter !== undefined) this.log(messages.getMessage('validUntil', [result.notAfter.slice(0, 10)]));
    this.log();
    if (result.notAfter !== undefined && new Date(result.notAfter) < new Date()) {
      this.warn(messages.getMessage('warning.ended', [result.notAfter.slice(0, 10)]));
    }
    if (format === 'jks') this.warn(messages.getMessage('warning.jks'));
    // A PEM file without a .crt beside it holds one certificate, so it works for --certificate-file itself.
    const values = { bin: this.config.bin, file, certificate: certificateFile ?? file };
    const next = format === 'pkcs12' && flags.compatible ? 'pkcs12.compatible' : keyAlone ? 'pem.keyAlone' : format;
    for (const line of messages.getMessages(`next.${next}`)) this.log(fill(line, values));
  }
}

/** @throws Failure `conversion_option_unsuited` */
function checkSuited(flags: ConvertFlags, format: Format): void {
  const unsuited = [
    flags.pkcs1 && format !== 'pem' ? '--pkcs1' : undefined,
    flags.encrypt && format !== 'pem' ? '--encrypt' : undefined,
    flags.compatible && format !== 'pkcs12' ? '--compatible' : undefined,
  ].find((flag) => flag !== undefined);
  if (unsuited !== undefined) throw new Failure('conversion_option_unsuited', { flag: unsuited, path: flags.to });
}

async function inputFrom(path: string) {
  return { content: await readInput(path, process.stdin), source: path };
}

function toResult(
  { format: sourceFormat, entry: { key, chain } }: ConversionSource,
  made: { certificateFile: string | undefined; alias: string | undefined; encrypted: boolean },
  flags: ConvertFlags,
  format: Format,
): JwtConvertResult {
  const { certificateFile, alias, encrypted } = made;
  const [leaf] = chain;
  const facts = leaf && certificateFacts(leaf, new Date());
  return {
    source: flags.from === '-' ? '-' : resolve(flags.from),
    sourceFormat,
    file: resolve(flags.to),
    format,
    ...(certificateFile === undefined ? {} : { certificateFile }),
    ...(alias === undefined ? {} : { alias }),
    encrypted,
    keySize: keySize(key),
    certificates: chain.length,
    ...(facts === undefined
      ? {}
      : { subject: facts.subject, notAfter: facts.notAfter, fingerprint256: facts.fingerprint256 }),
  };
}
