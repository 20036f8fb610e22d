import { SYSTEM_CLOCK } from '../../clock.js';
import { TOKEN_TIMEOUT, type Token, type TokenRefusal } from '../../salesforce/token/endpoint.js';
import { answerInWords } from '../../salesforce/token/log-in.js';
import { meaningOf } from '../../salesforce/token/meaning.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { provenLogin, type LoginDependencies, type LoginRequest } from '../login.js';
import { keyInputOf } from './key.js';
import { requireDuration, targetOf } from './options.js';
import type { AccessToken, Refusal, TokenOptions } from './types.js';

export async function requestToken(options: TokenOptions): Promise<AccessToken> {
  const request = loginRequestOf(options);
  const { signer } = await keyInputOf(options);
  return accessTokenOf(await provenLogin({ ...request, signer }, await loginDependenciesOf(options)));
}

/** @throws Failure those of `targetOf` and `requireDuration` */
export function loginRequestOf(options: TokenOptions): Omit<LoginRequest, 'signer'> {
  const { wait = 0, timeout = TOKEN_TIMEOUT, keyFile } = options;
  return {
    target: targetOf(options),
    keyFile,
    limit: requireDuration('wait', wait, 0),
    timeout: requireDuration('timeout', timeout, 1),
  };
}

export async function loginDependenciesOf({
  clock = SYSTEM_CLOCK,
  fetch,
  onWait,
}: TokenOptions): Promise<LoginDependencies> {
  return {
    now: () => clock.now(),
    sleep: (milliseconds) => clock.sleep(milliseconds),
    fetch: fetch ?? (await systemFetch(process.env)),
    onWait: (refusal) => onWait?.(refusalOf(refusal)),
  };
}

export function refusalOf(refusal: TokenRefusal): Refusal {
  return { code: meaningOf(refusal).code, answer: answerInWords(refusal) };
}

function accessTokenOf({
  accessToken,
  instanceUrl,
  orgId,
  userId,
  scope,
  communityUrl,
  communityId,
}: Token): AccessToken {
  return {
    ...{ accessToken, instanceUrl, orgId, userId, scope },
    ...(communityUrl !== undefined && { communityUrl }),
    ...(communityId !== undefined && { communityId }),
  };
}
