import type { Signer } from '../../keys/signer/signer.js';
import { excerptOf, jsonObject, type Token } from '../../salesforce/token/answer.js';
import { startOf, type Fetch } from '../../salesforce/token/endpoint.js';
import { logIn, loginFailure, type LoginCircumstances } from '../../salesforce/token/log-in.js';
import { isFailure, type Failure } from '../../failure.js';
import type { Facts, LoginFacts, TargetFacts } from './facts.js';
import { attemptReading } from './reading.js';

type Attempt = Pick<Facts, 'login' | 'now' | 'clockDifference'>;

/** One assertion, one request. The server's clock is compared with ours in the middle of the exchange. */
export async function attemptLogin(
  { loginUrl, ...target }: TargetFacts,
  signer: Signer | undefined,
  files: Pick<LoginCircumstances, 'keyFile' | 'signer' | 'passphraseFile' | 'certificateFile' | 'adminOrg'>,
  { fetch, now, timeout }: { fetch: Fetch; now: () => number; timeout: number },
): Promise<Attempt> {
  const start = now();
  if (loginUrl === undefined || signer === undefined)
    return { login: { state: 'untried' }, now: start, clockDifference: undefined };
  const loginTarget = { ...target, loginUrl };
  const answer = await logIn(loginTarget, signer, { fetch, now: start, timeout }).catch(failureOf);
  if (isFailure(answer))
    return { login: { state: 'refused', failure: answer }, now: start, clockDifference: undefined };
  const middle = Math.round((start + now()) / 2);
  const { serverTime } = answer;
  const login: LoginFacts = answer.ok
    ? await grantedFacts(answer, fetch, timeout)
    : { state: 'refused', failure: loginFailure(answer, loginTarget, { ...files, timeout }) };
  // The header has whole seconds, cut off.
  return { login, now: middle, clockDifference: serverTime === undefined ? undefined : serverTime + 500 - middle };
}

/** That of a signer which can't sign. */
function failureOf(error: unknown): Failure {
  if (!isFailure(error)) throw error;
  return error;
}

/** Old enough for every org, and the version with which sf itself asks whether an org is a Dev Hub. */
const DEV_HUB_QUERY = '/services/data/v51.0/query?q=SELECT%20Id%20FROM%20ScratchOrgInfo%20LIMIT%201';

/** Uses the token once: it says whether the API takes it, and whether the org is a Dev Hub. */
async function grantedFacts(token: Token, fetch: Fetch, timeout: number): Promise<LoginFacts> {
  const { orgId, instanceUrl, accessToken } = token;
  const answer = await attemptReading(async () => {
    const response = await fetch(`${instanceUrl}${DEV_HUB_QUERY}`, {
      headers: { authorization: `Bearer ${accessToken}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return { status: response.status, body: await startOf(response.body) };
  });
  const granted = { state: 'granted', orgId, instanceUrl, isDevHub: false } as const;
  if (!answer.read) return { ...granted, api: { state: 'silent', reason: answer.reason } };
  const { status, body } = answer.value;
  const words = `HTTP ${status} ${excerptOf(body, accessToken)}`.trim();
  if (status === 200 && isQueryResult(body)) return { ...granted, api: { state: 'answers' }, isDevHub: true };
  const refused = status === 401 || status === 403;
  if (refused && jsonObject(body) !== undefined) return { ...granted, api: { state: 'refuses', reason: words } };
  // A missing object is the answer of an org that is no Dev Hub.
  return { ...granted, api: isRestError(body) ? { state: 'answers' } : { state: 'strange', reason: words } };
}

/** @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm */
function isQueryResult(body: string): boolean {
  return Array.isArray(jsonObject(body)?.['records']);
}

/** `[{"errorCode": …, "message": …}]`, as REST reports errors. */
function isRestError(body: string): boolean {
  const first: unknown = jsonObject(body)?.['0'];
  return typeof first === 'object' && first !== null && 'errorCode' in first;
}
