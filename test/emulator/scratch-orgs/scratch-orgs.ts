import { setTimeout as delay } from 'node:timers/promises';

import type { DataRow, SignUps, User } from '../model/domain.js';
import { BASE62, randomText, to15 } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { newAuthorizationCode } from '../oauth/authorization-code.js';
import type { Org, OrgOptions } from '../org.js';
import { instanceName } from '../sobjects/organization.js';
import { copyApp, signUpApp, type SignUpApp } from './sign-up-app.js';

/** The scratch orgs of a Dev Hub: each is an org of its own, at an address of its own, in the same world. */
export class ScratchOrgs implements SignUps {
  /** All that were ever active, those deleted since included. */
  public readonly orgs: Org[] = [];
  private readonly active = new Map<string, Org>();
  private readonly pending = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  public constructor(
    private readonly hub: OrgState,
    private readonly startOrg: (options: OrgOptions) => Promise<Org>,
  ) {}

  public begin(info: DataRow): void {
    this.track(
      this.signUp(info).catch((error: unknown) => {
        if (!this.stopping.signal.aborted) throw error;
      }),
    );
  }

  public end(info: DataRow): void {
    const org = this.active.get(info.Id);
    this.active.delete(info.Id);
    if (org) this.track(org.stop({ ignoreUnknown: true }));
  }

  public async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.pending);
    await Promise.all([...this.active.values()].map(async (org) => org.stop({ ignoreUnknown: true })));
  }

  private track(work: Promise<void>): void {
    this.pending.add(work);
    void work.finally(() => this.pending.delete(work));
  }

  private async signUp(info: DataRow): Promise<void> {
    const step = async (): Promise<void> =>
      delay(this.hub.switches.signUpMs / 2, undefined, { signal: this.stopping.signal });
    await step();
    info['Status'] = 'Creating';
    await step();
    const username = String(info['Username'] ?? `test-${randomText(12, BASE62).toLowerCase()}@example.com`);
    const taken = this.hub.registry.orgs.some((org) => org.userByName(username) !== undefined);
    const app = signUpApp(this.hub, info);
    if (taken || app === undefined) {
      Object.assign(info, { Status: 'Error', ErrorCode: taken ? 'C-1007' : 'C-1016' });
      return;
    }
    const org = await this.startOrg(optionsOf(this.hub, info, username));
    const user = org.user(username);
    if (!user) throw new Error('A scratch org without its user');
    this.orgs.push(org);
    this.active.set(info.Id, org);
    Object.assign(info, {
      AuthCode: authCodeFor(org.data, user, app, info),
      LoginUrl: org.url,
      ScratchOrg: to15(org.orgId),
      SignupInstance: instanceName(org.data),
      SignupUsername: username,
      Status: 'Active',
    });
  }
}

function optionsOf(hub: OrgState, info: DataRow, adminUsername: string): OrgOptions {
  const namespace = info['Namespace'];
  return {
    kind: 'scratch',
    name: String(info['OrgName'] ?? 'Company'),
    adminUsername,
    durationDays: Number(info['DurationDays']),
    ...(typeof info['Edition'] === 'string' ? { edition: info['Edition'] } : {}),
    ...(typeof namespace === 'string' ? { namespace } : {}),
    registry: hub.registry,
    switches: { ...hub.switches },
  };
}

/** "Used … when the specified connected app hasn't been configured with an X.509 certificate" (Object Reference). */
function authCodeFor(scratch: OrgState, user: User, app: SignUpApp, info: DataRow): string | null {
  if (app.kind === 'copied') copyApp(scratch, user, app.component);
  if (app.kind === 'left-behind' || (app.kind === 'copied' && app.hasCertificate)) return null;
  const clientId = String(info['ConnectedAppConsumerKey']);
  return newAuthorizationCode(scratch, user, clientId, String(info['ConnectedAppCallbackUrl']));
}
