import { Faults } from './http/faults.js';
import type { HttpReply, HttpRequest } from './http/message.js';
import { dispatch, notImplemented, type Route } from './http/router.js';
import { RequestLimiter } from './http/request-limiter.js';
import { HttpServer, type LoggedRequest } from './http/server.js';
import { Deployments } from './metadata/deployments.js';
import { Retrievals } from './metadata/retrievals.js';
import { type App, appsOf } from './model/apps.js';
import type { Clock } from './model/clock.js';
import type { Language, OrgKind, Session, User } from './model/domain.js';
import { OrgState } from './model/org-state.js';
import { Registry } from './model/registry.js';
import { addUser, type NewUser, seedOrg } from './model/seed.js';
import { frontDoorRoutes } from './oauth/front-door-routes.js';
import { identityRoutes } from './oauth/identity-routes.js';
import { tokenRoutes } from './oauth/token-route.js';
import { apexTestRoutes } from './apex/test-runs.js';
import { compositeRoutes } from './rest/composite.js';
import { dataRoutes } from './rest/data.js';
import { deployRoutes } from './rest/deploy.js';
import { oauthCredentialRoutes } from './rest/oauth-credentials.js';
import { ScratchOrgs } from './scratch-orgs/scratch-orgs.js';
import { Setup } from './setup.js';
import { soapRoutes } from './soap/soap-routes.js';
import { DEFAULT_SWITCHES, type Switches } from './switches.js';

export interface OrgOptions {
  kind: OrgKind;
  devHub?: boolean;
  name?: string;
  orgId?: string;
  namespace?: string;
  /** Names the standard profiles. */
  language?: Language;
  /** Of a scratch org: `Developer`, `Enterprise`, …, and its life in days. */
  edition?: string;
  durationDays?: number;
  /** Besides the admin, who always exists. */
  users?: NewUser[];
  adminUsername?: string;
  /** Experience Cloud sites by path name, served below the org's own origin. */
  sites?: string[];
  switches?: Partial<Switches>;
  port?: number;
  /** Orgs that share one see each other's consumer keys; without it an org is alone in its world. */
  registry?: Registry;
  onRequest?: (entry: LoggedRequest) => void;
  /** Keeps the process running until `stop`; for an org that runs by itself. */
  holdsProcess?: boolean;
}

export interface OrgUser {
  id: string;
  username: string;
  accessToken: string;
}

/** Everything the org answers. */
const ROUTES: readonly Route[] = [
  ...tokenRoutes,
  ...identityRoutes,
  ...frontDoorRoutes,
  ...deployRoutes,
  ...compositeRoutes,
  ...oauthCredentialRoutes,
  ...apexTestRoutes,
  ...dataRoutes,
  ...soapRoutes,
];

/** A running local org. */
export class Org {
  public readonly faults = new Faults();
  public readonly setup: Setup;
  public readonly unknownRequests: LoggedRequest[] = [];
  /** The admin with a live session, for tests and for `sf org login access-token`. */
  public readonly admin: { username: string; userId: string; accessToken: string };
  private readonly signUps: ScratchOrgs;
  private readonly deployments: Deployments;
  private readonly retrievals: Retrievals;
  private readonly requestLimiter = new RequestLimiter();
  private readonly server: HttpServer;

  private constructor(
    private readonly state: OrgState,
    options: OrgOptions,
  ) {
    this.deployments = new Deployments(state);
    this.retrievals = new Retrievals(state);
    const { onRequest, holdsProcess } = options;
    this.signUps = new ScratchOrgs(state, async (scratch) =>
      Org.start({ ...scratch, ...(onRequest ? { onRequest } : {}), ...(holdsProcess ? { holdsProcess } : {}) }),
    );
    state.signUps = this.signUps;
    seedOrg(state);
    const username =
      options.adminUsername ?? `admin@${state.identity.kind}-${state.orgId.slice(-5).toLowerCase()}.example.com`;
    const admin = addUser(state, { username, firstName: 'Ada', lastName: 'Admin', profile: 'System Administrator' });
    this.setup = new Setup(state, () => admin);
    this.admin = { username, userId: admin.id, accessToken: state.openSession(admin).token };
    for (const user of options.users ?? []) addUser(state, user);
    for (const name of options.sites ?? []) this.setup.createSite(name);
    this.server = new HttpServer({
      handle: async (request) => this.handle(request),
      faults: this.faults,
      now: () => state.clock.now(),
      onRequest: (entry) => {
        if (entry.status === 501) this.unknownRequests.push(entry);
        onRequest?.(entry);
      },
    });
  }

  public static async start(options: OrgOptions): Promise<Org> {
    const registry = options.registry ?? new Registry();
    const { kind, name = `Local ${options.kind} org`, namespace = null, devHub = false, language = 'en_US' } = options;
    const { orgId, edition, durationDays } = options;
    const identity = {
      ...{ kind, name, namespace, devHub, language },
      ...(orgId === undefined ? {} : { orgId }),
      ...(edition === undefined ? {} : { edition }),
      ...(durationDays === undefined ? {} : { durationDays }),
    };
    const state = new OrgState(identity, { ...DEFAULT_SWITCHES, ...options.switches }, registry);
    const org = new Org(state, options);
    const port = await org.server.listen(options.port ?? 0, options.holdsProcess ?? false);
    state.origin = `http://localhost:${port}`;
    registry.join(state);
    return org;
  }

  /** `http://localhost:PORT`, the org's My Domain. */
  public get url(): string {
    return this.state.origin;
  }

  public get orgId(): string {
    return this.state.orgId;
  }

  public get switches(): Switches {
    return this.state.switches;
  }

  public get clock(): Clock {
    return this.state.clock;
  }

  public get registry(): Registry {
    return this.state.registry;
  }

  public get requests(): LoggedRequest[] {
    return this.server.log;
  }

  /** Orgs that were signed up here, those deleted since included. */
  public get scratchOrgs(): readonly Org[] {
    return this.signUps.orgs;
  }

  /** Apps with their components and what their policies say. */
  public get apps(): App[] {
    return appsOf(this.state);
  }

  /** Read access to everything else the org knows. */
  public get data(): Readonly<OrgState> {
    return this.state;
  }

  /** The wall clock of the org, in milliseconds. */
  public now(): number {
    return this.state.clock.now();
  }

  public addUser(user: NewUser): OrgUser {
    const { id, username } = addUser(this.state, user);
    return { id, username, accessToken: this.login(username) };
  }

  public user(username: string): User | undefined {
    return this.state.userByName(username);
  }

  /** Opens a session for a user, as if they had logged in by hand. */
  public login(username: string, session: Partial<Pick<Session, 'scopes'>> = {}): string {
    const user = this.state.userByName(username);
    if (!user) throw new Error(`No user named ${username}`);
    return this.state.openSession(user, session).token;
  }

  /** Site URL of an Experience Cloud site. */
  public siteUrl(name: string): string {
    return `${this.url}/${name}`;
  }

  /** All sessions end, or those of one app: their tokens answer INVALID_SESSION_ID from now on. */
  public expireSessions(clientId?: string): void {
    const { sessions } = this.state;
    for (const [token, session] of [...sessions]) {
      if (clientId === undefined || session.clientId === clientId) sessions.delete(token);
    }
  }

  public expire(token: string): void {
    this.state.sessions.delete(token);
  }

  /** Deployments stay in progress from now on, until the function that this returns is called. */
  public holdDeployments(): () => void {
    let release = (): void => undefined;
    this.state.deploymentGate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Requests of one kind, for assertions. */
  public requestsTo(path: RegExp, method?: string): LoggedRequest[] {
    return this.requests.filter((entry) => path.test(entry.path) && (method === undefined || entry.method === method));
  }

  /** Ends the org and its scratch orgs. Throws when one got requests it does not know, unless they were expected. */
  public async stop(options: { ignoreUnknown?: boolean } = {}): Promise<void> {
    this.deployments.stop();
    await this.signUps.stop();
    this.state.registry.leave(this.state);
    await this.server.close();
    const unknown = [this, ...this.scratchOrgs].flatMap((org) => org.unknownRequests);
    if (options.ignoreUnknown || unknown.length === 0) return;
    const lines = unknown.map(({ method, path }) => `  ${method} ${path}`);
    throw new Error(`The local org got requests it does not know:\n${lines.join('\n')}`);
  }

  private async handle(request: HttpRequest): Promise<HttpReply> {
    const { state, deployments, retrievals } = this;
    const refused = this.requestLimiter.refuse(state.switches.requestLimit, state.clock.now());
    if (refused) return refused;
    const reply = await dispatch(ROUTES, { state, deployments, retrievals, request });
    return reply ?? notImplemented(request);
  }
}
