import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { Messages } from '../../terminal/messages.js';
import { Flags, StandardColors, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import type { Passphrase } from '../../keys/credential/private-key.js';
import { readInput } from '../../machine/files/input-file.js';
import { findPassphrase, isReadableByOthers, passphraseFileReader } from '../../machine/files/passphrase.js';
import { findStorePassphrase } from '../../machine/files/store-passphrase.js';
import { inspect } from '../../flows/inspect/inspect.js';
import { findingsAbout, hasEnded } from '../../flows/inspect/findings.js';
import { knownUse } from '../../flows/known-use.js';
import { describeFinding, sectionsOf } from '../../flows/inspect/report.js';
import { fingerprintsOf, type Inspected } from '../../flows/inspect/inspected.js';
import { secretAsker } from '../../terminal/prompt.js';
import { asPath, asPathArgument } from '../../terminal/flags/path.js';
import { credentialChoices } from '../../terminal/file-choices.js';
import { fileQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.inspect');

/** What `sf jwt inspect --json` returns: what the file holds, told apart by `kind`. Dates are ISO 8601 in UTC. */
export type JwtInspectResult = Inspected & {
  /** The file, as an absolute path; `-` for standard input. */
  source: string;
  /** What stands in the way of a JWT login or of an import into an org; errors first. */
  findings: Array<{
    /** Stable, in lower_snake. */
    code: string;
    severity: 'error' | 'warning';
    message: string;
    /** What to do, a line for each step. */
    fix: string;
  }>;
};

/** Columns of the severity and the space after it, which fixes are indented by. */
const LABEL_WIDTH = 11;

const COLORS = { error: StandardColors.error, warning: StandardColors.warning };

export default class JwtInspect extends SfCommand<JwtInspectResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [
    fileQuestion('file', messages.getMessage('ask.file'), credentialChoices),
  ];

  public static override readonly args = {
    file: Args.string({
      required: true,
      parse: asPathArgument('FILE'),
      description: messages.getMessage('args.file.description'),
    }),
  };

  public static override readonly flags = {
    'passphrase-file': Flags.string({
      parse: asPath('--passphrase-file', 'passphrase'),
      aliases: ['store-passphrase-file'],
      summary: messages.getMessage('flags.passphrase-file.summary'),
      description: messages.getMessage('flags.passphrase-file.description'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', {
    SF_JWT_KEY_PASSPHRASE: messages.getMessage('environment.SF_JWT_KEY_PASSPHRASE'),
    SF_JWT_STORE_PASSPHRASE: messages.getMessage('environment.SF_JWT_STORE_PASSPHRASE'),
  });

  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: messages.getMessage('exitCodes.2'),
  });

  public async run(): Promise<JwtInspectResult> {
    const { args, flags } = await this.parse(JwtInspect);
    const { file } = args;
    const now = new Date();
    const source = file === '-' ? 'stdin' : file;
    const content = await readInput(file, process.stdin);
    const inspected = await inspect(content, source, await this.secrets(file, flags['passphrase-file']), now);
    const findings = findingsAbout(inspected, now);
    const ofFile = new Set(fingerprintsOf(inspected));
    const use = knownUse(this.configAggregator, ({ fingerprint256 }) => ofFile.has(fingerprint256));
    const result = {
      ...inspected,
      source: file === '-' ? file : resolve(file),
      findings: findings.map((finding) => describeFinding(finding, file, use)),
    };
    this.report(result, source);
    if (hasEnded(findings)) process.exitCode = 1;
    return result;
  }

  /** A passphrase is asked only of a person at a terminal, and an empty answer is none. */
  private async secrets(file: string, passphraseFile: string | undefined) {
    const { SF_JWT_KEY_PASSPHRASE: key, SF_JWT_STORE_PASSPHRASE: store } = process.env;
    const ask = secretAsker(this, messages.getMessage('prompt', [file]), file);
    if (passphraseFile !== undefined && isReadableByOthers(passphraseFile)) {
      this.warn(messages.getMessage('warning.passphraseFileReadable', [passphraseFile]));
    }
    const readFile = passphraseFileReader();
    const given = await findStorePassphrase(passphraseFile, store, readFile);
    return {
      keyPassphrase: async (): Promise<Passphrase | undefined> => {
        const variable = key === '' ? undefined : key;
        return findPassphrase({ file: passphraseFile, variable }, readFile);
      },
      store: { given: given === undefined ? [] : [given], ask },
    };
  }

  private report({ findings, ...inspected }: JwtInspectResult, source: string): void {
    this.log(messages.getMessage(`kind.${inspected.kind}`, [source]));
    for (const { title, facts } of sectionsOf(inspected)) {
      this.log();
      if (title !== undefined) this.log(title);
      const width = Math.max(...facts.map(({ name }) => name.length)) + 2;
      for (const { name, value } of facts) this.log(`  ${`${name}:`.padEnd(width)}${value}`);
    }
    this.log();
    for (const { severity, message, fix } of findings) {
      this.log(`${COLORS[severity](messages.getMessage(`severity.${severity}`).padEnd(LABEL_WIDTH))}${message}`);
      for (const line of fix.split('\n')) this.log(`${' '.repeat(LABEL_WIDTH)}${line}`);
    }
    if (findings.length === 0) this.log(messages.getMessage('verdict.fine'));
  }
}
