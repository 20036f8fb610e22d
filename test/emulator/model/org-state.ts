import type { DeployJob } from '../metadata/deploy-job.js';
import { Clock } from './clock.js';
import type {
  Access,
  Assignment,
  AuthorizationCode,
  Component,
  Consumer,
  DataRow,
  Fields,
  Language,
  License,
  LicenseAssignment,
  LoginAttempt,
  OrgKind,
  Profile,
  RefreshToken,
  Session,
  SignUps,
  Site,
  TestRun,
  User,
} from './domain.js';
import { BASE62, IdSource, newOrgId, randomText, sameId, to15 } from './ids.js';
import type { Registry } from './registry.js';
import type { Switches } from '../switches.js';

export interface OrgIdentity {
  kind: OrgKind;
  name: string;
  namespace: string | null;
  devHub: boolean;
  language: Language;
  orgId?: string;
  /** Of a scratch org: `Developer`, `Enterprise`, …, and its life in days. */
  edition?: string;
  durationDays?: number;
}

const SESSION_MS = 2 * 60 * 60 * 1000;

/** Everything one org knows. Rules live beside it; HTTP never touches it directly. */
export class OrgState {
  public readonly orgId: string;
  public readonly ids: IdSource;
  public readonly clock = new Clock();
  public readonly createdAt: number;
  public origin = '';

  public readonly licenses: License[] = [];
  public readonly permissionSetLicenses: License[] = [];
  public readonly licenseAssignments: LicenseAssignment[] = [];
  public readonly profiles: Profile[] = [];
  public readonly users: User[] = [];
  /** Usernames that other orgs of the world have, in lower case: no two users anywhere share one. */
  public readonly usernamesElsewhere = new Set<string>();
  public readonly assignments: Assignment[] = [];
  public accesses: Access[] = [];
  public components = new Map<string, Component>();
  public readonly consumers: Consumer[] = [];
  public readonly sessions = new Map<string, Session>();
  /** One-time passwords of single-use front door URLs; `until` as the clock's `elapsed`. */
  public readonly frontDoors = new Map<string, { userId: string; until: number }>();
  public readonly usedJtis = new Set<string>();
  public readonly loginHistory: LoginAttempt[] = [];
  /** `userId|consumerId` of users that once approved a self-authorized app in the browser. */
  public readonly approvals = new Set<string>();
  public readonly accounts: DataRow[] = [];
  /** ScratchOrgInfo records of a Dev Hub, and who acts on them. */
  public readonly scratchOrgInfos: DataRow[] = [];
  public signUps: SignUps | undefined;
  public readonly authorizationCodes = new Map<string, AuthorizationCode>();
  public readonly refreshTokens = new Map<string, RefreshToken>();
  /** Source tracking of a scratch org: SourceMember records, newest state of each component. */
  public readonly sourceMembers: DataRow[] = [];
  public readonly testRuns: TestRun[] = [];
  public readonly sites: Site[] = [];
  /** Connected Apps of other orgs that were installed here: no metadata, a row of ConnectedApplication. */
  public readonly installedApps: Array<{ id: string; label: string; adminApproved: boolean }> = [];
  /** In the order of their arrival. */
  public readonly deployments: DeployJob[] = [];
  /** A deployment in progress goes on when this is settled. */
  public deploymentGate: Promise<void> = Promise.resolve();

  public constructor(
    public readonly identity: OrgIdentity,
    public readonly switches: Switches,
    public readonly registry: Registry,
  ) {
    const number = registry.nextOrgNumber();
    const instance = `d${BASE62.charAt(10 + (number % 26))}`;
    this.orgId = identity.orgId ?? newOrgId(number, instance);
    this.ids = new IdSource(instance);
    this.createdAt = this.clock.now();
  }

  public get isSandboxLike(): boolean {
    return this.identity.kind === 'sandbox' || this.identity.kind === 'scratch';
  }

  /** The generic host that stands for this org's kind in `id` URLs and in `aud`. */
  public get genericHost(): string {
    return this.isSandboxLike ? 'https://test.salesforce.com' : 'https://login.salesforce.com';
  }

  public userByName(username: string): User | undefined {
    return this.users.find((user) => user.username.toLowerCase() === username.toLowerCase());
  }

  public userById(id: string): User | undefined {
    return this.users.find((user) => sameId(user.id, id));
  }

  public profileOf(user: User): Profile {
    const profile = this.profiles.find(({ id }) => id === user.profileId);
    if (!profile) throw new Error(`User ${user.username} has no profile`);
    return profile;
  }

  public hasPermission(user: User, permission: string): boolean {
    if (user.permissions.has(permission) || this.profileOf(user).permissions.includes(permission)) return true;
    const assigned = this.assignments.filter(({ userId }) => userId === user.id);
    const sets = this.componentsOf('PermissionSet').filter(({ id }) =>
      assigned.some(({ permissionSetId }) => permissionSetId === id),
    );
    return sets.some(({ fields }) => grantsPermission(fields, permission));
  }

  public openSession(
    user: User,
    options: Partial<Pick<Session, 'scopes' | 'clientId' | 'format' | 'token'>> & { lifetimeMs?: number } = {},
  ): Session {
    const now = this.clock.elapsed();
    const session: Session = {
      token: options.token ?? `${to15(this.orgId)}!${randomText(96, `${BASE62}._`)}`,
      userId: user.id,
      scopes: options.scopes ?? ['full'],
      clientId: options.clientId,
      format: options.format ?? 'opaque',
      createdAt: now,
      expiresAt: now + (options.lifetimeMs ?? SESSION_MS),
    };
    this.sessions.set(session.token, session);
    return session;
  }

  public liveSession(token: string): Session | undefined {
    const session = this.sessions.get(token);
    const user = session && this.userById(session.userId);
    if (!session || !user || session.expiresAt <= this.clock.elapsed()) return undefined;
    return user.active && !user.frozen ? session : undefined;
  }

  public component(type: string, fullName: string): Component | undefined {
    return this.components.get(componentKey(type, fullName));
  }

  public componentsOf(type: string): Component[] {
    return [...this.components.values()].filter((component) => component.type === type);
  }
}

/** Whether a permission set's metadata has this user permission. */
function grantsPermission({ userPermissions = [] }: Fields, permission: string): boolean {
  return [userPermissions].flat().some((entry) => {
    const structure = typeof entry === 'string' || Array.isArray(entry) ? {} : entry;
    return structure['name'] === permission && structure['enabled'] === 'true';
  });
}

/** Developer names are case-insensitive. */
export function componentKey(type: string, fullName: string): string {
  return `${type}/${fullName.toLowerCase()}`;
}
