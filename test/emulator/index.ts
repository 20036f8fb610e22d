import { settledBy } from './like.js';
import { LoginHost, type LoginHostOptions } from './login-host.js';
import { Registry } from './model/registry.js';
import { Org, type OrgOptions } from './org.js';

/**
 * A Salesforce org on loopback, for tests, demos and by hand. It is written from Salesforce's documentation, its WSDL
 * and recorded answers, and shares no code with the plugin: two readings of the same facts check each other.
 */
export async function startOrg(options: OrgOptions | LikeOptions): Promise<Org> {
  if (!('like' in options)) return Org.start(options);
  const { like, ...own } = options;
  const { kind, devHub, switches } = settledBy(like);
  return Org.start({ kind, devHub, ...own, switches: { ...switches, ...own.switches } });
}

/** An org like one that was recorded: of its kind, and with the switches that the recording settles. */
export interface LikeOptions extends Partial<OrgOptions> {
  /** Path of a recording of the conformance kit. What else is given here goes before it. */
  like: string;
}

/** A host like `login.salesforce.com` in front of several orgs. */
export async function startLoginHost(orgs: readonly Org[], options?: LoginHostOptions): Promise<LoginHost> {
  return LoginHost.start(orgs, options);
}

/** One of many orgs: an app of its own in it, and the user who may log in with that. */
export interface FleetOrg {
  org: Org;
  username: string;
  clientId: string;
}

/**
 * Many orgs in one world, each with an External Client App that has the certificate and lets one user in.
 *
 * @param optionsOf what is particular about one of them; it counts from 0
 */
export async function startFleet(
  count: number,
  certificate: string,
  optionsOf: (index: number) => Partial<OrgOptions> = () => ({}),
): Promise<FleetOrg[]> {
  const registry = new Registry();
  return Promise.all(
    Array.from({ length: count }, async (_, index): Promise<FleetOrg> => {
      const username = `ci@org${index}.example.com`;
      const org = await startOrg({ kind: 'developer', registry, users: [{ username }], ...optionsOf(index) });
      org.setup.createPermissionSet('Ci');
      const app = { name: 'Ci', certificate, adminApproved: true, permissionSets: ['Ci'] };
      const clientId = org.setup.createExternalClientApp(app);
      org.setup.assignPermissionSet(username, 'Ci');
      return { org, username, clientId };
    }),
  );
}

export type { Fault } from './http/faults.js';
export type { LoggedRequest } from './http/server.js';
export type { LoginHost } from './login-host.js';
export { Registry };
export type { NewUser } from './model/seed.js';
export type { Org, OrgOptions, OrgUser } from './org.js';
export type { SetupApp } from './setup.js';
export { DEFAULT_SWITCHES, type Switches } from './switches.js';
