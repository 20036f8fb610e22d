import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { type AppOptions, externalClientApp, permissionSet, PREFIX } from './apps.js';
import { certificateOf, type CertificateOptions, type KeyPair, newClientId, rsaKey, signJwt } from './keys.js';
import { type Component, escapeXml, manifest, packageOf } from './metadata.js';
import { type Notes, OrgApi, type Pace, type Transport } from './org-api.js';
import { JWT_BEARER, type Login, tokenOf } from './login.js';
import type { LoginHosts, Received, Sent } from './org-access.js';
import type { HostRole, Json, RecordedKind } from './recording.js';
import { takeBack, type Undo, type UndoChange, UNDO_PREFIX } from './undo.js';

export interface KnownUser {
  id: string;
  username: string;
}

/** An app that a probe made, and the key whose certificate it has. */
export interface App {
  name: string;
  clientId: string;
  key: KeyPair;
}

/** What a probe can count on. */
export interface Circumstances {
  kind: RecordedKind;
  /** Where the org's own host is. */
  instanceUrl: string;
  hosts: LoginHosts;
  admin: KnownUser;
  user: KnownUser | undefined;
  integrationUser: KnownUser | undefined;
  devHub: boolean;
  /** Milliseconds by which the org's clock is ahead of this machine's. */
  clockAheadMs: number;
  pace: Pace;
}

/** Whether the org took a change, and how it's taken back. */
export interface Changed {
  taken: boolean;
  takeBack: () => Promise<void>;
}

/** What keys and certificates are called in the recording. */
export interface Names {
  certificate: (pem: string, key: KeyPair, options?: CertificateOptions) => void;
  keyOf: (key: KeyPair) => string;
}

/** The tools of one probe: every request goes into the recording under its label. */
export class ProbeRun extends OrgApi {
  public constructor(
    public readonly circumstances: Circumstances,
    private readonly record: Transport,
    private readonly shared: { app?: App },
    private readonly names: Names,
    session: { apiVersion: string; token: string; signal: AbortSignal },
  ) {
    super(record, session.apiVersion, session.token, circumstances.pace, session.signal);
  }

  /** A certificate that this run knows again wherever the org returns it. */
  public async certificate(key: KeyPair, options?: CertificateOptions): Promise<string> {
    const pem = await certificateOf(key, options);
    this.names.certificate(pem, key, options);
    return pem;
  }

  /** Deploys components under the probe's own package. */
  public async install(
    label: string,
    components: readonly Component[],
    options: Record<string, Json> = {},
  ): ReturnType<OrgApi['deploy']> {
    return this.deploy(label, packageOf(components, this.apiVersion), options);
  }

  /**
   * Makes an External Client App with a permission set of the same name, which the policy names. The client id is chosen
   * if the org lets us, else read back. Undefined if the app was refused.
   */
  public async app(
    label: string,
    suffix: string,
    { key: own, ...options }: AppOptions & { key?: KeyPair } = {},
  ): Promise<App | undefined> {
    const name = PREFIX + suffix;
    const key = own ?? (await rsaKey('probe'));
    const certificate = options.certificate ?? (await this.certificate(key));
    const clientId = options.clientId ?? newClientId();
    const all = { permissionSet: name, ...options, certificate, clientId };
    const parts = [permissionSet(name), ...externalClientApp(name, all)];
    let made = await this.install(label, parts);
    if (!made.success && made.problems.some((problem) => /consumer ?key/i.test(problem))) {
      const { clientId: _, ...rest } = all;
      made = await this.install(`${label}, client id left out`, [
        permissionSet(name),
        ...externalClientApp(name, rest),
      ]);
    }
    if (!made.success) return undefined;
    const known = await this.clientIdOf(`${label}: client id`, name);
    return { name, clientId: known === undefined || known === '' ? clientId : known, key };
  }

  /** What the org says the client id is; empty or undefined if it doesn't. */
  public async clientIdOf(label: string, app: string): Promise<string | undefined> {
    const text = await this.read(label, 'ExtlClntAppGlobalOauthSettings', `${app}_glbloauth`);
    return /<consumerKey>([^<]*)<\/consumerKey>/.exec(text)?.[1];
  }

  public async read(
    label: string,
    type: string,
    fullName: string,
    by: { token?: string; as?: string } = {},
  ): Promise<string> {
    return this.soap(label, 'readMetadata', `<type>${type}</type><fullNames>${escapeXml(fullName)}</fullNames>`, by);
  }

  /** The files of a retrieve; recorded under the label once it is done. */
  public async retrieve(label: string, members: ReadonlyArray<Omit<Component, 'elements'>>): Promise<void> {
    const types = /<types>.*<\/types>/.exec(manifest(members, this.apiVersion))?.[0] ?? '';
    const unpackaged = `<unpackaged>${types}<version>${this.apiVersion}</version></unpackaged>`;
    const request = `<retrieveRequest><apiVersion>${this.apiVersion}</apiVersion><singlePackage>true</singlePackage>${unpackaged}</retrieveRequest>`;
    const started = await this.soap(`${label}: start`, 'retrieve', request.replaceAll('retrieveRequest', 'request'));
    const id = /<id>(\w+)<\/id>/.exec(started)?.[1];
    if (id === undefined) return;
    for (;;) {
      const inner = `<asyncProcessId>${id}</asyncProcessId><includeZip>true</includeZip>`;
      const text = await this.soap(label, 'checkRetrieveStatus', inner, { repeat: true });
      if (!text.includes('<done>false</done>')) return;
      await this.pause(this.pace.deploymentPollMs);
    }
  }

  /** The app that probes which only log in have in common; made when the first of them asks. Its user is the admin. */
  public async sharedApp(): Promise<App> {
    if (this.shared.app) return this.shared.app;
    const app = await this.app('shared app', 'Shared');
    if (!app) throw new Error('The shared app could not be made.');
    await this.letIn('shared app', app.name, this.circumstances.admin);
    const token = await this.whenReady('shared app: ready', { ...app, username: this.circumstances.admin.username });
    if (token === undefined) throw new Error('Nobody can log in with the shared app.');
    this.shared.app = app;
    return app;
  }

  /** Assigns the permission set, and gives it the app if the policy has not. */
  public async letIn(label: string, appName: string, user: KnownUser, permissionSetName = appName): Promise<void> {
    const set = await this.idOf(`${label}: permission set of ${appName}`, 'PermissionSet', 'Name', permissionSetName);
    const app = await this.idOf(`${label}: id of ${appName}`, 'ExternalClientApplication', 'DeveloperName', appName);
    if (set === undefined) throw new Error(`There is no permission set ${permissionSetName}.`);
    if (app !== undefined) {
      const soql = `SELECT Id FROM SetupEntityAccess WHERE ParentId = '${set}' AND SetupEntityId = '${app}'`;
      const rows = await this.query(`${label}: access row of ${appName}`, soql);
      if (rows.length === 0) {
        const row = { ParentId: set, SetupEntityId: app };
        await this.create(`${label}: access row made for ${appName}`, 'SetupEntityAccess', row);
      }
    }
    await this.assign(`${label}: assignment for ${appName}`, set, user);
  }

  /** Assigns a permission set by its id; the id of the assignment. */
  public async assign(label: string, permissionSetId: string, user: KnownUser): Promise<string | undefined> {
    return this.create(label, 'PermissionSetAssignment', { AssigneeId: user.id, PermissionSetId: permissionSetId });
  }

  public async idOf(label: string, object: string, field: string, value: string): Promise<string | undefined> {
    const [row] = await this.query(label, `SELECT Id FROM ${object} WHERE ${field} = '${value}'`);
    return typeof row?.['Id'] === 'string' ? row['Id'] : undefined;
  }

  /** One JWT bearer grant. The access token, or undefined if it was refused. */
  public async login(label: string, login: Login, repeat = false): Promise<string | undefined> {
    const { assertion, recorded } = this.assertionOf(login);
    const fields = { grant_type: JWT_BEARER, assertion };
    const received = await this.grant(label, login.host ?? 'org', fields, { repeat, assertion: recorded });
    return tokenOf(received);
  }

  /** A request to the token endpoint as it is. */
  public async grant(
    label: string,
    host: HostRole,
    fields: Record<string, string>,
    notes: Partial<Notes> = {},
  ): Promise<Received> {
    const sent: Sent = { method: 'POST', host, path: '/services/oauth2/token', body: { type: 'form', fields } };
    return this.record(sent, { label, ...notes });
  }

  public assertionOf(login: Login): { assertion: string; recorded: NonNullable<Notes['assertion']> } {
    const { clientId, key, username, exp = 180, expInMs = false, claims = {}, header = {} } = login;
    const now = Date.now() + this.circumstances.clockAheadMs;
    const audience = login.audience ?? this.circumstances.instanceUrl;
    const written = { iss: clientId, sub: username, aud: audience, ...claims };
    const jose = { alg: 'RS256', ...header };
    const expiry = expInMs ? now + exp * 1000 : Math.floor(now / 1000) + exp;
    const signed = signJwt(key, { ...written, exp: expiry }, jose);
    return {
      assertion: login.tamper?.(signed) ?? signed,
      recorded: {
        header: jose,
        claims: { ...written, exp },
        expUnit: expInMs ? 'ms' : 's',
        signedBy: this.names.keyOf(key),
        ...(login.tamper === undefined ? {} : { changed: true as const }),
      },
    };
  }

  /** Logs in until it works, or the time for that is over; only the last attempt is recorded. */
  public async whenReady(label: string, login: Login, limitMs = this.pace.readyMs): Promise<string | undefined> {
    const until = Date.now() + limitMs;
    for (;;) {
      const token = await this.login(label, login, true);
      if (token !== undefined || Date.now() >= until) return token;
      await this.pause(this.pace.loginPollMs);
    }
  }

  /** Logs in, and again for a while if it is refused: new certificates and assignments take some time to count. */
  public async whenSettled(label: string, login: Login): Promise<string | undefined> {
    return this.whenReady(label, login, this.pace.settleMs);
  }

  /** Logs in until it is refused; what was taken away takes some time to be gone. Whether it still works. */
  public async whenRefused(label: string, login: Login): Promise<boolean> {
    const until = Date.now() + this.pace.settleMs;
    for (;;) {
      const token = await this.login(label, login, true);
      if (token === undefined || Date.now() >= until) return token !== undefined;
      await this.pause(this.pace.loginPollMs);
    }
  }

  /** Logs in until it works; every answer that differs from the one before is recorded, with its time. */
  public async watch(label: string, login: Login): Promise<void> {
    const until = Date.now() + this.pace.readyMs;
    let last = '';
    let count = 0;
    for (;;) {
      const { assertion, recorded } = this.assertionOf(login);
      const name = (received: Received): string => {
        const words = tokenOf(received) === undefined ? received.text : 'granted';
        if (words !== last) count += 1;
        last = words;
        return words === 'granted' ? `${label}: granted` : `${label}: answer ${String(count)}`;
      };
      const fields = { grant_type: JWT_BEARER, assertion };
      const received = await this.grant(label, 'org', fields, { label: name, repeat: true, assertion: recorded });
      if (tokenOf(received) !== undefined || Date.now() >= until) return;
      await this.pause(this.pace.loginPollMs);
    }
  }

  /** Changes a record that isn't ours; see {@link withUndo}. */
  public async change(label: string, undo: UndoChange, fields: Record<string, Json>): Promise<Changed> {
    return this.withUndo(label, undo, async () => this.update(label, undo.object, undo.id, fields));
  }

  /** Makes a record for somebody who isn't ours; see {@link withUndo}. */
  public async give(label: string, object: string, made: Record<string, string>): Promise<Changed> {
    return this.withUndo(label, { object, made }, async () => (await this.create(label, object, made)) !== undefined);
  }

  /**
   * How to take a change back is written into the org first, as the description of a permission set, so that any later run
   * can do it.
   */
  private async withUndo(label: string, undo: Undo, change: () => Promise<boolean>): Promise<Changed> {
    const name = `${UNDO_PREFIX}${randomBytes(4).toString('hex')}`;
    const note = { Name: name, Label: name, Description: JSON.stringify(undo) };
    const noteId = await this.create(`${label}: note`, 'PermissionSet', note);
    if (noteId === undefined) throw new Error('How to take a change back could not be noted in the org.');
    const taken = await change();
    return {
      taken,
      takeBack: async () => {
        await takeBack(this, `${label}: taken back`, undo);
        await this.remove(`${label}: note removed`, 'PermissionSet', noteId);
      },
    };
  }

  public async send(sent: Sent, notes: Notes): Promise<Received> {
    return this.record(sent, notes);
  }

  /** Reads a list of apps; only those of the kit are recorded. Whether it was served. */
  public async peek(label: string, path: string, member: string): Promise<boolean> {
    const shown = (json: Json): Json => {
      if (json === null || typeof json !== 'object' || Array.isArray(json)) return json;
      const list = json[member];
      return Array.isArray(list)
        ? { ...json, [member]: list.filter((entry) => JSON.stringify(entry).includes(PREFIX)) }
        : json;
    };
    const received = await this.record({ method: 'GET', path: this.data + path, token: this.token }, { label, shown });
    return received.status === 200;
  }

  public async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal });
  }

  public get adminToken(): string {
    return this.token;
  }

  public newJti(): string {
    return randomUUID();
  }
}
