/** A local org for the conformance kit: an admin, a plain user and one of the integration license, both login hosts. */
import { setTimeout as delay } from 'node:timers/promises';
import { openKit, type KitOptions } from '../../conformance/kit.js';
import type { OrgAccess } from '../../conformance/org-access.js';
import type { Pace } from '../../conformance/org-api.js';
import { PROBES } from '../../conformance/probes/index.js';
import type { Recording } from '../../conformance/recording.js';
import { startLoginHost, startOrg, type LoginHost, type Org, type OrgOptions } from '../emulator/index.js';

export const PLAIN_USER = 'plain@kit.example.com';
export const INTEGRATION_USER = 'integration@kit.example.com';

/** Quick, since nothing at the local org takes time unless a switch says so. */
const PACE: Pace = { deploymentPollMs: 5, loginPollMs: 20, readyMs: 5000, settleMs: 0 };

export class KitOrg {
  private constructor(
    public readonly org: Org,
    private readonly login: LoginHost,
    private readonly test: LoginHost,
  ) {}

  public static async start(options: Partial<OrgOptions> = {}): Promise<KitOrg> {
    const switches = { deployMs: 8, signUpMs: 8, ...options.switches };
    const users = [
      { username: PLAIN_USER },
      { username: INTEGRATION_USER, profile: 'Minimum Access - API Only Integrations' },
    ];
    const org = await startOrg({ kind: 'developer', devHub: true, users, ...options, switches });
    return new KitOrg(org, await startLoginHost([org]), await startLoginHost([org], { kind: 'test' }));
  }

  public get access(): OrgAccess {
    const { username, accessToken } = this.org.admin;
    return { instanceUrl: this.org.url, username, accessToken };
  }

  public get hosts(): { login: string; test: string } {
    return { login: this.login.url, test: this.test.url };
  }

  public options(names: readonly string[], more: Partial<KitOptions> = {}): KitOptions {
    return {
      probes: names.length === 0 ? PROBES : PROBES.filter(({ name }) => names.includes(name)),
      ...{ readOnly: false, keep: false, yesProduction: false },
      ...{ user: PLAIN_USER, integrationUser: INTEGRATION_USER },
      hosts: this.hosts,
      pace: PACE,
      signal: new AbortController().signal,
      report: { note: () => undefined, begin: () => undefined, step: () => undefined },
      ...more,
    };
  }

  /** Runs these probes, or all of them, and takes back what they made. */
  public async run(names: readonly string[] = [], more: Partial<KitOptions> = {}): Promise<Recording> {
    const kit = await openKit(this.access, this.options(names, more));
    const recording = await kit.run();
    await kit.tidy();
    return recording;
  }

  /** Everything in the org that is not a log: what a run has to leave as it was. */
  public dump(): string {
    const { components, assignments, licenseAssignments, accesses, users, approvals, accounts, profiles, sites } =
      this.org.data;
    const scratchOrgs = this.org.data.scratchOrgInfos.filter(({ Status }) => Status === 'Active');
    const rows = { accesses, users, accounts, profiles, sites, assignments, licenseAssignments, scratchOrgs };
    const sets = { components: [...components], approvals: [...approvals] };
    return JSON.stringify(
      { ...rows, ...sets },
      (_key, value: unknown) => (value instanceof Set ? [...(value as Set<unknown>)] : value),
      2,
    );
  }

  /** When what was begun at the org, by somebody who is gone by now, has ended. */
  public async settled(): Promise<void> {
    const { deployments, scratchOrgInfos } = this.org.data;
    const isPending = (): boolean =>
      deployments.some(({ done }) => !done) ||
      scratchOrgInfos.some(({ Status }) => Status === 'New' || Status === 'Creating');
    while (isPending()) await delay(10);
  }

  public async stop(): Promise<void> {
    await this.login.stop();
    await this.test.stop();
    // An assertion on its own: the kit asks for nothing that the local org has not.
    await this.org.stop();
  }
}

/** What a recording says about a switch. */
export function settingOf({ probes }: Recording, name: string): unknown {
  const verdicts = probes.flatMap((probe) => probe.verdicts);
  return verdicts.map(({ settings = {} }) => settings[name]).find((setting) => setting !== undefined);
}
