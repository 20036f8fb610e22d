import type { User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { type Assertion, expiry, parseAssertion, textClaim } from './assertion.js';
import { OauthError, refusal } from './errors.js';
import { acceptsAudience, isGeneric, type TokenHost } from './hosts.js';
import { issueToken, type TokenResponse } from './issue.js';
import { findClient, findClientAnywhere, type KnownClient } from './lookup.js';
import { checkAppPolicy, checkRestrictions, checkSignature, checkUser } from './policy.js';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Where the grant arrived: at an org's own host, or at a generic one that has to find the org. */
export interface GrantSource {
  host: TokenHost;
  state: OrgState | undefined;
  /** The orgs a generic host stands for. */
  orgs: readonly OrgState[];
  sourceIp: string;
}

/**
 * The JWT bearer grant (RFC 7523, section 2.1; Salesforce Help "OAuth 2.0 JWT Bearer Flow"). Checks run in Salesforce's
 * order: request, assertion, audience, client, signature, expiry, user, app policy, restrictions.
 */
export function grantJwtBearer(form: URLSearchParams, source: GrantSource): TokenResponse {
  if (form.get('grant_type') !== JWT_BEARER) throw refusal.grantType();
  if (form.has('scope')) throw refusal.scopeParameter();
  const text = form.get('assertion');
  if (!text) throw refusal.noAssertion();
  const assertion = parseAssertion(text);
  if (!acceptsAudience(source.host, assertion.claims['aud'], source.state)) throw refusal.audience();
  const issuer = textClaim(assertion, 'iss');
  if (issuer === undefined) throw refusal.clientIdentifier();
  const client = source.state ? findClient(source.state, issuer) : findClientAnywhere(source.orgs, source.host, issuer);
  return grantTo(client, assertion, source);
}

function grantTo(client: KnownClient, assertion: Assertion, source: GrantSource): TokenResponse {
  const { state } = client;
  // `prn`, an old name of `sub`, wins when both are there.
  const username = textClaim(assertion, 'prn') ?? textClaim(assertion, 'sub');
  const user = username === undefined ? undefined : state.userByName(username);
  const note = (status: string): void => {
    if (user) recordLogin(client, user, status, source);
  };
  try {
    if (state.switches.orgLocked) throw refusal.orgLocked();
    checkSignature(client, assertion);
    checkFreshness(client, assertion);
    // A user nobody knows has approved nothing.
    if (!user) throw refusal.notApproved();
    checkUser(state, user);
    if (isGeneric(source.host) && state.switches.genericLogins === 'refused') throw refusal.restrictedDomain();
    checkAppPolicy(client, user);
    checkRestrictions(client, user);
  } catch (error) {
    if (error instanceof OauthError) note(error.history);
    throw error;
  }
  note('Success');
  return issueToken(client, user, source.host);
}

/** `exp` counts for some minutes more and has no upper bound; a `jti` serves once. */
function checkFreshness({ state, consumer }: KnownClient, assertion: Assertion): void {
  const exp = expiry(assertion);
  const nowSeconds = state.clock.now() / 1000;
  if (exp === undefined) throw refusal.invalidAssertion();
  if (nowSeconds > exp + state.switches.expiryGraceSeconds) throw refusal.expired();
  const jti = textClaim(assertion, 'jti');
  if (jti === undefined) return;
  const used = `${consumer.key}|${jti}`;
  if (state.usedJtis.has(used)) throw refusal.jtiInUse();
  state.usedJtis.add(used);
}

function recordLogin({ state, app }: KnownClient, user: User, status: string, source: GrantSource): void {
  state.loginHistory.push({
    id: state.ids.next('loginHistory'),
    userId: user.id,
    time: state.clock.now(),
    status,
    application: app.label,
    sourceIp: source.sourceIp,
    loginUrl: new URL(source.host.url).host,
  });
}
