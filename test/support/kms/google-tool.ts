/**
 * A stand-in of the `gcloud` CLI for Google Cloud KMS, written from what version 528 does.
 *
 * @see https://cloud.google.com/sdk/gcloud/reference/kms/asymmetric-sign
 */
import { writeFile } from 'node:fs/promises';
import type { GoogleService } from './google-service.js';
import type { Fault } from './keys.js';
import { sha256 } from './keys.js';
import { ended, failed, parseCall, type StandInTool, type ToolEnd, type ToolRun } from './tool.js';

const FLAGS = [
  ...['--version', '--digest-algorithm', '--input-file', '--signature-file', '--format'],
  ...['--keyring', '--location', '--project', '--purpose', '--default-algorithm'],
];

export class GoogleTool implements StandInTool {
  public readonly program = 'gcloud';
  public readonly calls: string[][] = [];
  public fault: Fault | undefined;
  public complaint: [status: number, words: string] | undefined;

  /** The token of a CI's job that is taken for a login. Undefined: somebody is logged in. */
  public idToken: string | undefined;

  public constructor(public readonly service: GoogleService) {}

  public async run({ args, env, readFile }: ToolRun): Promise<ToolEnd> {
    this.calls.push(args);
    if (this.complaint !== undefined) return failed(...this.complaint);
    if (args[2] === 'create-cred-config') return createCredentials(args);
    if (!(await this.isSignedIn(env, readFile)))
      return failed(1, 'ERROR: (gcloud.kms) You do not currently have an active account selected.\n');
    const { words, flags } = parseCall(args, FLAGS);
    const [method, path, body] = await requestOf(words, flags, readFile);
    const { status, body: answer } = this.service.answer(method, path, body);
    const command = words.filter((word) => !/^projects\/|^\d+$/.test(word)).join('.');
    if (status !== 200) {
      const { error } = answer as { error: { status: string; message: string } };
      return failed(1, `ERROR: (gcloud.${command}) ${error.status}: ${error.message}\n`);
    }
    return ended(this.shown(command, answer as Record<string, string>));
  }

  private async isSignedIn(env: ToolRun['env'], readFile: ToolRun['readFile']): Promise<boolean> {
    if (this.idToken === undefined) return true;
    const file = env['CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE'];
    if (file === undefined) return false;
    const { credential_source: source } = JSON.parse((await readFile(file)).toString()) as {
      credential_source: { file: string };
    };
    return (await readFile(source.file)).toString() === this.idToken;
  }

  private shown(command: string, answer: Record<string, string>): Buffer | string {
    if (this.fault === 'garbage') return 'Welcome!\n';
    if (command === 'kms.asymmetric-sign') return Buffer.from(answer['signature']!, 'base64');
    if (command === 'kms.keys.versions.get-public-key') return answer['pem']!;
    return command.includes('describe') ? JSON.stringify(answer) : '';
  }
}

async function createCredentials(args: string[]): Promise<ToolEnd> {
  const { words, flags } = parseCall(args, ['--service-account', '--credential-source-file', '--output-file']);
  const credentials = {
    type: 'external_account',
    audience: `//iam.googleapis.com/${words[3]}`,
    credential_source: { file: flags.get('--credential-source-file') },
  };
  await writeFile(flags.get('--output-file')!, JSON.stringify(credentials));
  return ended('');
}

async function requestOf(
  words: string[],
  flags: Map<string, string>,
  readFile: ToolRun['readFile'],
): Promise<[method: string, path: string, body: Record<string, unknown>]> {
  const place = `projects/${flags.get('--project')}/locations/${flags.get('--location')}`;
  switch (
    words
      .filter((word) => !word.startsWith('projects/'))
      .slice(0, 4)
      .join(' ')
  ) {
    case 'kms asymmetric-sign': {
      const [algorithm, file] = [flags.get('--digest-algorithm'), flags.get('--input-file')!];
      if (flags.get('--signature-file') !== '-') throw new Error('a signature file');
      const data = await readFile(file);
      const body = algorithm === 'sha256' ? { digest: { sha256: sha256(data).toString('base64url') } } : { data };
      return ['POST', `${flags.get('--version')}:asymmetricSign`, body];
    }
    case 'kms keys versions get-public-key':
      return ['GET', `${words[4]}/publicKey`, {}];
    case 'kms keys versions describe':
      return ['GET', words[4]!, {}];
    default: {
      const [, kind, verb, name] = words;
      if (verb !== 'create') throw new Error(`unknown command ${words.join(' ')}`);
      if (kind === 'keyrings') return ['POST', `${place}/keyRings?keyRingId=${name}`, {}];
      const algorithm = flags.get('--default-algorithm')!.replace(/-/g, '_').toUpperCase();
      const body = { purpose: 'ASYMMETRIC_SIGN', versionTemplate: { algorithm } };
      return ['POST', `${place}/keyRings/${flags.get('--keyring')}/cryptoKeys?cryptoKeyId=${name}`, body];
    }
  }
}
