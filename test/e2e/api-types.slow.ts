import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { apiExample, makeForeignProject, type ForeignProject } from '../support/foreign-project.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** What is checked of the types besides the example of the page. */
const TYPES = `
import api = require('sf-plugin-jwt');
import { createPublicKey, sign } from 'node:crypto';

const signer: api.Signer = {
  publicKey: createPublicKey('…'),
  uri: undefined,
  sign: async (data) => sign('sha256', data, '…'),
};
const login: api.TokenOptions = { clientId: 'c', username: 'u', key: signer, clock: { now: () => 0, sleep: async () => {} } };
const token: Promise<api.AccessToken> = api.requestToken({ ...login, fetch: (url, init) => fetch(url, init) });
const certificate: Promise<string> = api.issueCredential({ key: signer }).then((issued) => issued.certificate);
const stored: Promise<api.GrantedLogin> = api.grant({ ...login, store: async ({ accessToken }) => void accessToken });
const made: Promise<'done' | 'partly' | 'pending'> = api
  .connect({ org: { instanceUrl: 'https://x', accessToken: 't' }, certificate: 'c', onProgress: (each) => each.step })
  .then(({ outcome }) => outcome);
// @ts-expect-error a key size that Salesforce doesn't take
void api.issueCredential({ keySize: 1024 });
// @ts-expect-error the certificate is missing
void api.connect({ org: 'admin' });
// @ts-expect-error no such option
void api.signAssertion({ clientId: 'c', username: 'u', key: new Uint8Array(), privateKey: 'k' });
// @ts-expect-error there is no new key
void api.issueCredential({ signer: 'awskms:///alias/ci' }).then(({ privateKey }) => privateKey);
export = { token, stored, made, certificate };
`;

const COMPILER = {
  compilerOptions: {
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
    ...{ target: 'es2022', module: 'nodenext', types: ['node'] },
  },
};

describe('the types of the package as a library', () => {
  let project: ForeignProject;

  before(async () => {
    project = await makeForeignProject();
  });
  after(() => project.remove());

  it('hold in a strict project that checks libraries too, for the example of the page as well', async () => {
    const types = dirname(createRequire(import.meta.url).resolve('@types/node/package.json'));
    await mkdir(join(project.folder, 'node_modules', '@types'));
    await symlink(types, join(project.folder, 'node_modules', '@types', 'node'), 'junction');
    await writeFile(join(project.folder, 'example.mts'), apiExample('esm'));
    await writeFile(join(project.folder, 'types.cts'), TYPES);
    await writeFile(
      join(project.folder, 'tsconfig.json'),
      JSON.stringify({ ...COMPILER, files: ['example.mts', 'types.cts'] }),
    );
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await project
      .node(project.folder, compiler, '-p', '.')
      .catch((error: unknown) => error as { stdout: string });
    expect(stdout).to.equal('');
  });
});
