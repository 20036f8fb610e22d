import { LoginHost, type LoginHostOptions } from './login-host.js';
import { Org, type OrgOptions } from './org.js';

/**
 * A Salesforce org on loopback, for tests, demos and by hand. It is written from Salesforce's documentation, its WSDL
 * and recorded answers, and shares no code with the plugin: two readings of the same facts check each other.
 */
export async function startOrg(options: OrgOptions): Promise<Org> {
  return Org.start(options);
}

/** A host like `login.salesforce.com` in front of several orgs. */
export async function startLoginHost(orgs: readonly Org[], options?: LoginHostOptions): Promise<LoginHost> {
  return LoginHost.start(orgs, options);
}

export type { Fault } from './http/faults.js';
export type { LoggedRequest } from './http/server.js';
export type { LoginHost } from './login-host.js';
export { Registry } from './model/registry.js';
export type { NewUser } from './model/seed.js';
export type { Org, OrgOptions, OrgUser } from './org.js';
export type { SetupApp } from './setup.js';
export { DEFAULT_SWITCHES, type Switches } from './switches.js';
