import { readFileSync } from 'node:fs';

import { certificateOf, ecKey, type KeyPair, rsaKey } from '../../conformance/keys.js';
import type { RecordedCertificate, Recording } from '../../conformance/recording.js';
import { type Org, startLoginHost, startOrg } from '../emulator/index.js';
import { Bindings } from './bindings.js';
import { replay, type Replayed } from './replay.js';

export const CI_USER = 'ci@acme.example.com';
export const INTEGRATION_USER = 'integration@acme.example.com';

/** What nobody recorded: how the org came to be as it was before the first request. */
export type Stage = (org: Org, certificate: string, bindings: Bindings) => Promise<void> | void;

/**
 * Starts a local org like a recording, and asks it what was asked there. How long things take is no part of an answer: here
 * they take no time.
 */
export async function replayLocally(file: string, stage?: Stage): Promise<Replayed[]> {
  const recording = JSON.parse(readFileSync(file, 'utf8')) as Recording;
  const integration = { username: INTEGRATION_USER, profile: 'Minimum Access - API Only Integrations' };
  const users = [{ username: CI_USER }, integration];
  const switches = { deployMs: 0, signUpMs: 0, propagationMs: 0 };
  const org = await startOrg({ like: file, users, sites: ['portal'], switches });
  const login = await startLoginHost([org], { kind: 'login' });
  const test = await startLoginHost([org], { kind: 'test' });
  try {
    const bindings = bindingsFor(org, recording);
    const key = await rsaKey('replay');
    const keys = await keysOf(recording, bindings);
    await stage?.(org, await certificateOf(key), bindings);
    return await replay(recording, {
      hosts: { org: org.url, site: org.url, login: login.url, test: test.url },
      tokenOf: (as) => tokenOf(org, as === 'admin' ? as : bindings.fill(as)),
      keyOf: (name) => keys.get(name) ?? key,
      bindings,
    });
  } finally {
    await Promise.all([login.stop(), test.stop()]);
    await org.stop({ ignoreUnknown: true });
  }
}

function bindingsFor(org: Org, { source }: Recording): Bindings {
  const bindings = new Bindings()
    .set('admin-token', org.admin.accessToken)
    .set('org-host', new URL(org.url).host)
    .set('org-host in upper case', new URL(org.url).host.toUpperCase())
    .set('api-version-1', `${org.switches.maxApiVersion}.0`)
    .set('id-00D-1', org.orgId);
  // The kit counts the admin as the first.
  const users = source === 'kit' ? [org.admin.username, CI_USER, INTEGRATION_USER] : [CI_USER];
  for (const [index, username] of users.entries()) {
    bindings.set(`username-${index + 1}`, username).set(`user-id-${index + 1}`, org.user(username)?.id ?? '');
  }
  return bindings;
}

/** The admin's session, one of the user of that name, or the token itself. */
function tokenOf(org: Org, who: string): string {
  if (who === 'admin') return org.admin.accessToken;
  return org.user(who) === undefined ? who : org.login(who);
}

/** Keys and certificates that are like the recorded ones, in each form in which the recording has them. */
async function keysOf({ certificates = {} }: Recording, bindings: Bindings): Promise<Map<string, KeyPair>> {
  const keys = new Map<string, KeyPair>();
  for (const [placeholder, certificate] of Object.entries(certificates)) {
    const name = certificate.key.slice(1, -1);
    const key = keys.get(name) ?? (await keyLike(certificate));
    keys.set(name, key);
    bindCertificate(placeholder.slice(1, -1), await certificateLike(key, certificate), bindings);
  }
  return keys;
}

const keyLike = async ({ key, about }: RecordedCertificate): Promise<KeyPair> =>
  about.startsWith('EC') ? ecKey(key) : rsaKey(key, Number(/RSA (\d+)/.exec(about)?.[1] ?? 2048));

async function certificateLike(key: KeyPair, { about }: RecordedCertificate): Promise<string> {
  const validity = about.includes('expired') ? { from: -30, until: -1 } : about.includes('not yet') ? { from: 10 } : {};
  const hash = about.includes('SHA-1') ? { hash: 'SHA-1' as const } : {};
  return certificateOf(key, { ...validity, ...hash, ...(about.includes('long') ? { filling: 6000 } : {}) });
}

function bindCertificate(name: string, pem: string, bindings: Bindings): void {
  const body = pem.replaceAll(/-----(BEGIN|END) CERTIFICATE-----/g, '').trim();
  bindings
    .set(name, body)
    .set(`${name} with CRLF`, body.replaceAll('\n', '&#13;\n'))
    .set(`${name} in one line`, body.replaceAll('\n', ''))
    .set(`${name} as base64 of PEM`, Buffer.from(pem).toString('base64'));
}
