import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect } from 'chai';
import { explain } from '../../../src/terminal/explain.js';
import { isFailure } from '../../../src/failure.js';
import { readKeyInput } from '../../../src/machine/files/key-input.js';
import { grant, type GrantRequest } from '../../../src/flows/grant.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { rsaKey } from '../../support/certificates.js';

/**
 * Whatever comes as a key or as an answer, a person gets one sentence and what to do: never another kind of error, never
 * a stack trace, never a secret.
 */
const KEY = rsaKey();
const PEM = KEY.export({ type: 'pkcs8', format: 'pem' }).toString();
const SECRET = 'AQEAQHk2LqSecretOfThisTestWhichIsAsLongAsTheSecretOfARealSessionIdIs.4711';
const TOKEN = `00D000000000001!${SECRET}`;
const GRANTED = JSON.stringify({
  access_token: TOKEN,
  instance_url: 'https://acme.my.salesforce.com',
  id: 'https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA',
  scope: 'api web',
});
const REFUSED = JSON.stringify({ error: 'invalid_grant', error_description: "user hasn't approved this consumer" });

/** Cuts, doublings, insertions and replacements, as a bad copy or a bad proxy makes them. */
const mutated = (text: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(
        fc.nat(text.length),
        fc.nat(text.length),
        fc.oneof(
          fc.constant(''),
          fc.string({ unit: 'binary' }),
          fc.constantFrom('\0', '\uFEFF', '\\n', '"', '{', '\u001b[2J', '-----'),
        ),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((edits) =>
      edits.reduce(
        (now, [from, to, put]) => now.slice(0, Math.min(from, to)) + put + now.slice(Math.max(from, to)),
        text,
      ),
    );

function expectExplained(error: unknown, secrets: string[]): void {
  expect(isFailure(error), `a Failure and not ${String(error)}`).to.equal(true);
  const {
    name,
    message,
    actions = [],
    data,
    cause,
  } = explain(error as Error) as Error & { actions?: string[]; data: object };
  const shown = JSON.stringify({
    name,
    message,
    actions,
    data,
    cause: inspect(cause),
  });
  expect(message).to.match(/^\S/);
  expect(actions).not.to.deep.equal([]);
  expect(message, 'a stack trace').not.to.match(/\n\s+at /);
  expect([message, ...actions].join(''), 'what steers a terminal').not.to.match(/[\0-\x08\x0b-\x1f]/);
  for (const secret of secrets) expect(shown, 'a secret').not.to.contain(secret);
}

/** Pieces of a key that are long enough to be no accident. */
const piecesOf = (pem: string): string[] =>
  pem
    .split('\n')
    .filter((line) => line.length === 64)
    .map((line) => line.slice(0, 24));

/** Every part of a secret that would be of use. */
const windowsOf = (secret: string): string[] =>
  Array.from({ length: secret.length - 24 }, (_, start) => secret.slice(start, start + 24));

describe('Whatever comes', () => {
  const request = {
    loginUrl: new URL('https://acme.my.salesforce.com'),
    clientId: '3MVG9.x',
    username: 'ci@acme.example.com',
  };

  it('as a key, it is a key or is explained', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(mutated(PEM), mutated(Buffer.from(PEM).toString('base64')), fc.string({ unit: 'binary' })),
        async (text) => {
          const sources = {
            file: undefined,
            environment: { SF_JWT_KEY: text.replaceAll('\0', '') || 'x' },
            stdin: process.stdin,
          };
          try {
            const input = await readKeyInput({ ...sources, passphraseFile: undefined, askPassphrase: undefined });
            expect(input?.signer.publicKey.asymmetricKeyType).to.equal('rsa');
          } catch (error) {
            expectExplained(error, piecesOf(PEM));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('as an answer, it is explained', async () => {
    const answers = fc.oneof(mutated(REFUSED), mutated(GRANTED), fc.json(), fc.string({ unit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 302, 400, 401, 500), answers, async (status, body) => {
        let assertion = '';
        const fetch = (_: string, { body: sent }: RequestInit): Promise<Response> => {
          assertion = (sent as URLSearchParams).get('assertion') ?? assertion;
          // What the login leads to, should it succeed, fails here, so that nothing is stored.
          if (assertion === '' || sent === undefined || !(sent instanceof URLSearchParams))
            return Promise.reject(new Error('end'));
          return Promise.resolve(
            new Response(`${body}${assertion}`.slice(0, 65_000), { status, headers: { location: `/${assertion}` } }),
          );
        };
        const dependencies = {
          fetch,
          now: () => Date.now(),
          sleep: () => Promise.resolve(),
          environment: {},
          onWait: () => undefined,
          store: () => Promise.reject(new Error('Nothing is to be stored')),
        };
        const asked: GrantRequest = {
          target: { ...request, audience: 'https://login.salesforce.com' },
          keyInput: {
            signer: signerOf(KEY),
            source: 'server.key',
            key: KEY,
            encrypted: false,
            path: undefined,
            asIs: false,
          },
          keyFile: undefined,
          keyStorage: 'none',
          names: { setDefault: false, setDefaultDevHub: false },
          limit: 0,
          timeout: 1000,
        };
        const error: unknown = await grant(asked, dependencies).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expectExplained(error, [...windowsOf(SECRET), assertion, assertion.split('.')[2]!, ...piecesOf(PEM)]);
      }),
      { numRuns: 400 },
    );
  });
});
