import { Faults } from './http/faults.js';
import { notImplemented } from './http/router.js';
import { HttpServer, type LoggedRequest } from './http/server.js';
import type { Org } from './org.js';
import { answerGrant } from './oauth/token-route.js';

export interface LoginHostOptions {
  /** Which generic host it plays; decides audiences and the kind of orgs it finds. */
  kind?: 'login' | 'test';
  port?: number;
}

/** A generic login host: it finds an app's org by the consumer key. */
export class LoginHost {
  private constructor(
    public readonly url: string,
    private readonly server: HttpServer,
    public readonly faults: Faults,
    public readonly unknownRequests: readonly LoggedRequest[],
  ) {}

  public static async start(
    orgs: readonly Org[],
    { kind = 'login', port = 0 }: LoginHostOptions = {},
  ): Promise<LoginHost> {
    const faults = new Faults();
    const unknownRequests: LoggedRequest[] = [];
    let url = '';
    const server = new HttpServer({
      faults,
      now: Date.now,
      handle: (request) => {
        if (request.path !== '/services/oauth2/token') return Promise.resolve(notImplemented(request));
        const source = { host: { kind, url }, state: undefined, orgs: orgs.map(({ data }) => data) };
        return Promise.resolve(answerGrant(request, { ...source, sourceIp: request.remoteAddress }));
      },
      onRequest: (entry) => {
        if (entry.status === 501) unknownRequests.push(entry);
      },
    });
    url = `http://localhost:${await server.listen(port, false)}`;
    return new LoginHost(url, server, faults, unknownRequests);
  }

  public get requests(): LoggedRequest[] {
    return this.server.log;
  }

  public async stop(): Promise<void> {
    await this.server.close();
  }
}
