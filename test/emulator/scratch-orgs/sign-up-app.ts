import { Draft } from '../metadata/draft.js';
import { isExpired, parseCertificate } from '../metadata/certificate.js';
import { CONNECTED_APP } from '../metadata/types.js';
import { nested, text } from '../model/apps.js';
import type { Component, DataRow, User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { consumerOf } from '../model/reconcile.js';
import { approvalKey } from '../oauth/policy.js';
import { PLATFORM_CLI } from '../oauth/platform-cli.js';

/**
 * The app that a new scratch org is opened with: one that every org has, a copy of a Connected App of the Dev Hub, or
 * an app that the sign-up lets pass and doesn't bring along.
 */
export type SignUpApp =
  { kind: 'built-in' } | { kind: 'copied'; component: Component; hasCertificate: boolean } | { kind: 'left-behind' };

const CLI_CALLBACK = /^http:\/\/localhost:\d+\/OauthRedirect$/;

/**
 * Proxy Signup configures and approves the app of the record in the new org. It can refer to an app that exists
 * everywhere and copy a Connected App whose "consumer key, callback URL, and certificate" are valid (Scratch Org Error
 * Codes, C-1016); of an External Client App there is nothing to copy. Undefined stands for C-1016.
 */
export function signUpApp(hub: OrgState, info: DataRow): SignUpApp | undefined {
  const key = info['ConnectedAppConsumerKey'];
  const callbackUrl = String(info['ConnectedAppCallbackUrl']);
  // Which ports the CLI's own app takes isn't documented; the CLI lets its user choose one.
  if (key === PLATFORM_CLI) return CLI_CALLBACK.test(callbackUrl) ? { kind: 'built-in' } : undefined;
  const consumer = hub.consumers.find((candidate) => candidate.key === key);
  if (!consumer) return undefined;
  if (consumer.kind === 'external-client-app') {
    const passes = info['Release'] === 'Preview' && hub.switches.previewSignUp === 'active-without-app';
    return passes ? { kind: 'left-behind' } : undefined;
  }
  const component = hub.component(CONNECTED_APP, consumer.appName);
  if (!component) return undefined;
  const config = nested(component.fields, 'oauthConfig');
  const certificate = text(config, 'certificate');
  const callbacks = (text(config, 'callbackUrl') ?? '').split(/\s+/);
  if (!callbacks.includes(callbackUrl)) return undefined;
  if (certificate !== undefined && isExpired(parseCertificate(certificate), hub.clock.now())) return undefined;
  return { kind: 'copied', component, hasCertificate: certificate !== undefined };
}

/**
 * Puts a copy of the Dev Hub's Connected App into the new org, under the same consumer key, approved for the user who
 * was signed up. The copy admits others only once they have approved it: the permission sets and profiles that the app
 * names belong to the Dev Hub. That is assumed; users who were added to a scratch org report "hasn't approved".
 */
export function copyApp(scratch: OrgState, user: User, { fullName, fields }: Component): void {
  const { permissionSetName: _, profileName: __, ...kept } = structuredClone(fields);
  const oauthConfig = { ...nested(kept, 'oauthConfig'), isAdminApproved: 'false' };
  const draft = new Draft(scratch, user);
  draft.save(CONNECTED_APP, fullName, { ...kept, oauthConfig });
  draft.commit();
  const consumer = consumerOf(scratch, { kind: 'connected-app', name: fullName });
  if (!consumer) throw new Error(`The copy of ${fullName} has no consumer`);
  // The org is called active when it can be used.
  consumer.visibleAt = scratch.clock.elapsed();
  scratch.approvals.add(approvalKey(user, consumer));
}
