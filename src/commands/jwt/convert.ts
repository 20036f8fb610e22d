import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Messages } from '../../terminal/messages.js';
import { toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
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
} from '../../flows/convert/convert.js';
import { signerOf } from '../../keys/signer/signer.js';
import { knownUse } from '../../flows/known-use.js';
import { reportConverted } from '../../flows/convert/report.js';
import { resultOf, type JwtConvertResult } from '../../flows/convert/result.js';
import { checkSuited } from '../../flows/convert/suited.js';
import { matches } from '../../keys/credential/certificate.js';
import type { Passphrase } from '../../keys/credential/private-key.js';
import { Failure } from '../../failure.js';
import { readInput } from '../../machine/files/input-file.js';
import { certificateFileBeside } from '../../machine/files/key-input.js';
import {
  findNewPassphrase,
  findPassphrase,
  isReadableByOthers,
  passphraseFileReader,
  type ReadPassphraseFile,
} from '../../machine/files/passphrase.js';
import { checkTargets, writeTogether } from '../../machine/files/replace-together.js';
import { findStorePassphrase, newStorePassphrase } from '../../machine/files/store-passphrase.js';
import { warnOfCommittable } from '../../terminal/committable.js';
import { warnOfInterrupted } from '../../terminal/interrupted-files.js';
import { conversionFlags } from '../../terminal/flags/conversion.js';
import { newSecretAsker, secretAsker } from '../../terminal/prompt.js';
import { credentialChoices } from '../../terminal/file-choices.js';
import type { Question } from '../../terminal/question.js';
import { fileQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.convert');

export type { JwtConvertResult };

/** Where to convert to; a file that is there already is refused as it always is. */
const toQuestion: Question = {
  name: 'to',
  ask: (asker, _given, check) => asker.enter(messages.getMessage('ask.to'), { check }),
};

type ConvertFlags = Awaited<ReturnType<JwtConvert['flagsOf']>>;

export default class JwtConvert extends SfCommand<JwtConvertResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [
    fileQuestion('from', messages.getMessage('ask.from'), credentialChoices),
    toQuestion,
  ];

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
    const files = filesOf(flags.to, made.content, certificateFile, source.entry);
    warnOfInterrupted(this, writeTogether(files, { overwrite: flags.overwrite }));
    const result = resultOf(source, { ...made, certificateFile }, flags, format);
    reportConverted(this, result, {
      compatible: flags.compatible,
      bin: this.config.bin,
      use: knownUse(this.configAggregator, (certificate) => matches(certificate, signerOf(source.entry.key))),
    });
    await warnOfCommittable(this, [result.file]);
    return result;
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
        secretsOf: async (named) => {
          const known = [shared, own, await findStorePassphrase(file, variable, readFile)].flatMap(
            (each) => each ?? [],
          );
          return {
            given: known.length === 0 ? [] : [...known, ''],
            ask: secretAsker(this, messages.getMessage('prompt.from', [named]), from),
            keys: () => Promise.resolve([]),
          };
        },
      },
      flags['store-alias'],
      {
        keyPassphrase: async () => own ?? (await findPassphrase({ file, variable }, readFile)),
        store: {
          given,
          ask,
          keys: async () => [await findStorePassphrase(file, variable, readFile)].flatMap((each) => each ?? []),
        },
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
}

async function inputFrom(path: string) {
  return { content: await readInput(path, process.stdin), source: path };
}
