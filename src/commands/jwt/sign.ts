import { randomUUID } from 'node:crypto';
import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { ASSERTION_LIFETIME } from '../../keys/assertion/assertion.js';
import type { ThumbprintHash } from '../../keys/assertion/thumbprint.js';
import {
  audienceOf,
  completed,
  EXIT_CODES,
  keySources,
  LOGIN_ENVIRONMENT,
  storedLoginFlags,
} from '../../terminal/flags/login.js';
import { signOne, type Signed } from '../../flows/sign.js';
import { asPath, asWords } from '../../terminal/flags/path.js';
import { loginQuestion, unstoredKeyFileQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.sign');

/** A year, in seconds: longer was meant as something else, such as milliseconds. */
const LONGEST_LIFETIME = 365 * 24 * 60 * 60;

const THUMBPRINTS: ThumbprintHash[] = ['sha1', 'sha256'];

/** The value of --jti that asks for an ID of our making. */
const RANDOM = 'random';

/** What `sf jwt sign --json` returns. */
export type JwtSignResult = {
  /** The signed assertion: a compact JWS. Whoever has it can log in with it until it ends. */
  assertion: string;
  /** Its header. */
  header: {
    'alg': 'RS256';
    'typ': 'JWT';
    /** SHA-1 thumbprint of the certificate's DER in base64url. */
    'x5t'?: string;
    /** SHA-256 thumbprint of the certificate's DER in base64url. */
    'x5t#S256'?: string;
  };
  /** Its claims, and those of --claim. */
  claims: {
    /** The client ID. */
    iss: string;
    /** The username. */
    sub: string;
    /** The audience. */
    aud: string;
    /** When it ends, in seconds since 1970. */
    exp: number;
    [claim: string]: unknown;
  };
  /** When it ends, as an ISO 8601 date in UTC. */
  expiresAt: string;
};

export default class JwtSign extends SfCommand<JwtSignResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [loginQuestion('username'), unstoredKeyFileQuestion];

  public static override readonly flags = {
    ...storedLoginFlags,
    'expires-in': Flags.integer({
      min: 1,
      max: LONGEST_LIFETIME,
      default: ASSERTION_LIFETIME,
      summary: messages.getMessage('flags.expires-in.summary'),
    }),
    'jti': Flags.string({
      helpValue: '[<value>]',
      summary: messages.getMessage('flags.jti.summary'),
      description: messages.getMessage('flags.jti.description'),
    }),
    'claim': Flags.string({
      multiple: true,
      parse: asWords('--claim'),
      summary: messages.getMessage('flags.claim.summary'),
      description: messages.getMessage('flags.claim.description'),
    }),
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file'),
      summary: messages.getMessage('flags.certificate-file.summary'),
    }),
    'thumbprint': Flags.option({ options: THUMBPRINTS })({
      dependsOn: ['certificate-file'],
      summary: messages.getMessage('flags.thumbprint.summary'),
      description: messages.getMessage('flags.thumbprint.description'),
    }),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', LOGIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', EXIT_CODES);

  public async run(): Promise<JwtSignResult> {
    const flags = await completed((await this.parse(JwtSign, withValueOfJti(this.argv))).flags);
    const { 'certificate-file': file, 'thumbprint': hash = 'sha256', jti } = flags;
    const audience = await audienceOf(flags, this.configAggregator);
    const signed = await signOne({
      parties: { issuer: flags['client-id'], subject: flags.username, audience },
      expiresIn: flags['expires-in'],
      jti: jti === RANDOM || jti === '' ? randomUUID() : jti,
      extraClaims: flags.claim ?? [],
      keys: keySources(this, flags),
      certificate: file === undefined ? undefined : { file, hash },
      now: Date.now(),
    });
    const ended = signed.certificateEnded?.toISOString().slice(0, 10);
    if (ended !== undefined) this.warn(messages.getMessage('warning.certificateEnded', [file, ended]));
    this.handOut(signed.assertion);
    this.log(signed.assertion);
    return toResult(signed);
  }
}

/** oclif has no flag whose value may be left out: `--jti` alone stands for `--jti random`. */
function withValueOfJti(argv: string[]): string[] {
  const isAlone = (index: number): boolean => argv[index + 1]?.startsWith('-') ?? true;
  return argv.flatMap((word, index) => (word === '--jti' && isAlone(index) ? [word, RANDOM] : [word]));
}

function toResult({ assertion, header, claims }: Signed): JwtSignResult {
  return { assertion, header, claims, expiresAt: new Date(claims.exp * 1000).toISOString() };
}
