import { PRODUCTION_AUDIENCE, SANDBOX_AUDIENCE } from '../../../keys/assertion/audience.js';
import { isStorable } from '../../../machine/store/username.js';
import { grantCommand } from '../commands.js';
import type { Facts } from '../facts.js';
import { finding, type Finding } from '../finding.js';
import { blocking } from '../severity.js';

/** A username looks like an email address. */
export function checkUsername(facts: Facts): Finding[] {
  const { username } = facts.target;
  if (isStorable(username)) return [];
  return [finding(blocking(facts), 'username_shape', { username })];
}

/** A sandbox copies its users from production and puts its own name behind theirs. */
export function checkSandboxUsername({ target, login }: Facts): Finding[] {
  const { username, loginUrl } = target;
  const sandbox = /--([a-z0-9]+)\.(sandbox\.)?my\.salesforce\.com$/.exec(loginUrl?.hostname.toLowerCase() ?? '')?.[1];
  if (sandbox === undefined || login.state === 'granted' || username.toLowerCase().endsWith(`.${sandbox}`)) return [];
  const expected = `${username}.${sandbox}`;
  return [finding('warning', 'username_without_sandbox_name', { username, sandbox, expected })];
}

export function checkClientId({ target: { clientId }, login }: Facts): Finding[] {
  if (login.state === 'granted' || /^[\w.+/=-]{8,}$/.test(clientId)) return [];
  return [finding('error', 'client_id_shape', { clientId })];
}

/** The audience against what the org's kind asks for, as an admin sees it or the URL suggests. */
export function checkAudience(facts: Facts): Finding[] {
  const { target, login, org } = facts;
  if (login.state === 'granted' || target.loginUrl === undefined) return [];
  const kind = org?.read === true && org.value.kind.read ? org.value.kind.value : undefined;
  const isSite = ![PRODUCTION_AUDIENCE, SANDBOX_AUDIENCE].includes(target.usualAudience);
  const expected =
    kind === undefined || isSite ? target.usualAudience : kind.sandbox ? SANDBOX_AUDIENCE : PRODUCTION_AUDIENCE;
  if (target.audience.replace(/\/$/, '') === expected || target.audience === target.loginUrl.origin) return [];
  const refused = login.state === 'refused' && login.failure.code === 'audience_invalid';
  const grant = grantCommand(facts, target.loginUrl.origin + target.loginUrl.pathname.replace(/\/$/, ''), expected);
  return [finding(refused ? 'error' : 'warning', 'audience_unusual', { audience: target.audience, expected, grant })];
}
