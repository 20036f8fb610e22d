/** The APIs of CIs that have no tool of their own, whatever comes in the place of an answer. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { isFailure } from '../../src/failure.js';
import { bitbucketStore } from '../../src/flows/setup/stores/bitbucket.js';
import { circleCiStore } from '../../src/flows/setup/stores/circleci.js';
import type { SecretStore, StoreDependencies } from '../../src/flows/setup/stores/store.js';
import { explain } from '../../src/terminal/explain.js';
import { printable } from '../../src/terminal/printable.js';
import { withoutSecrets } from '../../src/keys/secrets.js';
import { hostileAnswers } from './answers.js';
import { startElsewhere } from './elsewhere.js';

const LIMIT = 300;
const MOST_MEMORY = 200 * 1024 * 1024;
const TOKEN = 'the-token-of-a-person';
const SECRET = { name: 'x', exists: true, id: '{5f0c}' };

/** What an API answers where nobody disturbs it; a list of it has no end. */
const ANSWER = JSON.stringify({
  values: [{ key: 'OTHER', uuid: '{1}' }],
  next: 'https://api.bitbucket.org/2.0/more',
  items: [{ name: 'other', variable: 'OTHER', id: '1' }],
  next_page_token: 'more',
});

describe('The API of a CI, whatever it answers', () => {
  let elsewhere: Awaited<ReturnType<typeof startElsewhere>>;
  let server: Server;
  let url: string;
  let attack: ReturnType<typeof hostileAnswers>[string] | undefined;
  let requests = 0;

  before(async () => {
    elsewhere = await startElsewhere();
    server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        requests += 1;
        const { method = '', url: path = '', headers } = incoming;
        const request = { method, path, query: new URLSearchParams(), headers, body: Buffer.concat(chunks) };
        const reply = { status: 200, headers: { 'content-type': 'application/json' }, body: ANSWER };
        if (attack === undefined) outgoing.writeHead(200, reply.headers).end(ANSWER);
        else void attack(outgoing, request as never, () => Promise.resolve(reply as never));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    attack = undefined;
    requests = 0;
  });
  after(() => {
    elsewhere.stop();
    server.closeAllConnections();
    server.close();
  });

  const dependencies = (): StoreDependencies => ({
    run: () => Promise.resolve(undefined),
    fetch: (to, init) => fetch(`${url}${new URL(to).pathname}${new URL(to).search}`, init),
    environment: { BITBUCKET_TOKEN: TOKEN, CIRCLECI_CLI_TOKEN: TOKEN },
    timeout: LIMIT,
  });
  const request = { repository: 'acme/app', secretName: 'SF_JWT_KEY', dependabot: false };
  const STORES: Record<string, () => SecretStore> = {
    Bitbucket: () => bitbucketStore(request, dependencies()),
    CircleCI: () => circleCiStore(request, dependencies()),
  };

  for (const [name, store] of Object.entries(STORES)) {
    it(`${name}: a list without an end is read no further than somebody would look`, async () => {
      await store().find();
      expect(requests).to.be.within(2, 51);
    });

    for (const answer of Object.keys(hostileAnswers({ url: '' }))) {
      it(`${name}: ${answer} is a refusal or no matter, and gives nothing away`, async () => {
        attack = hostileAnswers(elsewhere)[answer]!;
        const before = process.memoryUsage.rss();
        const asked = [
          store().find(),
          store().set('the secret value', SECRET),
          store().set('v', { name: 'x', exists: false }),
        ];
        for (const outcome of await Promise.allSettled(asked)) {
          if (outcome.status === 'fulfilled') continue;
          const reason: unknown = outcome.reason;
          if (!isFailure(reason)) throw reason;
          expect(['ci_tool_refused', 'ci_tool_not_logged_in']).to.include(reason.code);
          const said = printable(withoutSecrets(explain(reason).message));
          expect(said).not.to.contain(TOKEN);
          expect(said.length).to.be.below(1_000);
        }
        expect(process.memoryUsage.rss() - before).to.be.below(MOST_MEMORY);
        expect(elsewhere.seen).to.deep.equal([]);
      });
    }
  }
});
