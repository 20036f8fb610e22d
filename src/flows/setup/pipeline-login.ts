import { Readable } from 'node:stream';
import { readKeyInput } from '../../machine/files/key-input.js';
import type { Signer } from '../../keys/signer/signer.js';
import type { Clock } from '../../clock.js';
import type { Fetch, TokenAnswer } from '../../salesforce/token/endpoint.js';
import { proverAt } from '../../salesforce/token/prover.js';
import type { PipelineLogin } from './dependencies.js';

/**
 * One login as the pipeline will make it: from the very text that the CI keeps, read as `grant` reads it from the environment,
 * and without what only this machine's environment says.
 *
 * @param network.wait milliseconds for which a login is tried again that the org may yet learn of
 */
export async function logInAsPipeline(
  { secret, signer, username, clientId, instanceUrl }: PipelineLogin,
  network: { fetch: Fetch; clock: Clock; timeout: number; wait: number },
): Promise<TokenAnswer> {
  const prove = proverAt(instanceUrl, { ...network, audience: undefined }, {});
  return prove({ clientId, username, signer: signer ?? (await signerIn(secret)) }, 'certificate');
}

async function signerIn(secret: string): Promise<Signer> {
  const input = await readKeyInput({
    file: undefined,
    environment: { SF_JWT_KEY: secret },
    stdin: Readable.from([]),
    passphraseFile: undefined,
    askPassphrase: undefined,
  });
  return input!.signer;
}
