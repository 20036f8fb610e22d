import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import type { JwtSetupResult } from '../../src/commands/jwt/setup.js';
import { keeperAt, type Keeper } from '../support/keeper.js';
import { CiServices } from '../support/kms/ci-services.js';
import { toolsOnPath } from '../support/kms/on-path.js';
import { expectSchema } from '../support/schema.js';
import { ONE_LINE, SetupPlace } from '../support/setup.js';
import { CI_USER, pairOf, type Answer } from '../support/workplace.js';

const WORKFLOW = '.github/workflows/deploy.yml';
const CERTIFICATE = ['--certificate-file', 'signer.crt'];

describe('sf jwt setup --signer', function () {
  this.timeout(120_000);
  let place: SetupPlace;
  let keeper: Keeper;
  beforeEach(async () => {
    place = await SetupPlace.open();
    keeper = await keeperAt(place.workplace);
    const { certificate } = await keeper.keep('server');
    await writeFile(place.workplace.path('signer.crt'), certificate);
  });
  afterEach(async () => {
    await place.close();
    await rm(keeper.folder, { recursive: true });
  });

  const refused = async (code: string, args: string[]): Promise<Answer<JwtSetupResult>> => {
    const answer = await place.json([...ONE_LINE, ...args]);
    expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
    expect(place.workplace.org.apps).to.deep.equal([]);
    expect(existsSync(place.workplace.path(WORKFLOW))).to.equal(false);
    return answer;
  };

  it('sets up a pipeline without a secret, proves the login by the signer, and changes nothing a second time', async () => {
    const { workplace, gh } = place;
    const services = new CiServices((await pairOf()).key);
    await services.listen();
    const folder = join(workplace.home, 'tools-of-the-clouds');
    await mkdir(folder);
    const end = await toolsOnPath(folder, services.tools);
    try {
      const path = [folder, gh.env['PATH'] ?? process.env['PATH']].join(delimiter);
      const args = [...ONE_LINE, '--signer', services.uris.azurekms, ...CERTIFICATE];
      const { status, result } = await place.json(args, { env: { PATH: path } });
      expect(status).to.equal(0);
      expectSchema('jwt-setup', result);
      expect(result).to.deep.include({ verified: true, status: 'created', key: { source: 'given' } });
      expect(result).not.to.have.property('secret');
      expect(result.trust).to.contain('Key Vault Crypto User').and.to.contain('repo:acme');
      expect(await gh.sets()).to.deep.equal([]);
      const [, version] = /\/ci\/([0-9a-f]{32})/.exec(result.commands.join('\n')) ?? [];
      const pipeline = readFileSync(workplace.path(WORKFLOW), 'utf8');
      expect(pipeline).to.contain(`--signer ${services.uris.azurekms}/${version}`).and.to.contain('azure/login@v3');
      expect(pipeline).not.to.contain('secrets.');
      expect(result.commands.join('\n'))
        .to.contain('--certificate-file signer.crt --signer')
        .and.not.to.contain('keygen');
      const again = await place.run(args, { env: { PATH: path } });
      expect(again.status, again.stderr).to.equal(0);
      expect(again.stdout).to.contain(`${CI_USER} can log in`);
      expect(readFileSync(workplace.path(WORKFLOW), 'utf8')).to.equal(pipeline);
      expect(workplace.org.apps).to.have.length(1);
    } finally {
      end();
      services.close();
    }
  });

  it('is refused before anything is changed, where no pipeline can use the key', async () => {
    const signer = keeper.uri('server');
    await refused('snippet_signer_local', ['--signer', signer, ...CERTIFICATE]);
    const { actions } = await refused('setup_signer_without_certificate', ['--signer', signer]);
    expect(actions?.join()).to.contain(`sf jwt keygen --signer '${signer}'`);
    await keeper.keep('other');
    await refused('key_certificate_mismatch', ['--signer', keeper.uri('other'), ...CERTIFICATE]);
    await refused('signer_and_key', ['--signer', signer, '--jwt-key-file', 'server.key', ...CERTIFICATE]);
  });

  it('proves the login of a key that signs on this machine, with no CI', async () => {
    const args = ONE_LINE.map((word) => (word === 'github' ? 'none' : word));
    const { status, result } = await place.json([...args, '--signer', keeper.uri('server'), ...CERTIFICATE]);
    expect(status).to.equal(0);
    expect(result).to.deep.include({ verified: true, for: 'none' });
    expect(result).not.to.have.any.keys('trust', 'secret', 'pipeline');
    expect(await place.filesWith((await pairOf()).key)).to.deep.equal([]);
  });
});
