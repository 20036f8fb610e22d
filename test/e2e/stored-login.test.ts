import { expect } from 'chai';
import type { JwtDoctorResult } from '../../src/commands/jwt/doctor.js';
import type { JwtSignResult } from '../../src/commands/jwt/sign.js';
import type { JwtTokenResult } from '../../src/commands/jwt/token.js';
import { granted, loginFlags } from '../support/grant.js';
import { openDesk, type Desk } from '../support/tokens.js';
import { ADMIN, ADMIN_ALIAS, CI_USER, pairOf, type Workplace } from '../support/workplace.js';

describe('a stored login has a name', function () {
  this.timeout(120_000);
  let workplace: Workplace;
  let desk: Desk;
  let clientId: string;

  before(async () => {
    desk = await openDesk();
    ({ workplace, clientId } = desk);
    await granted(workplace, [...loginFlags(workplace, clientId), '--alias', 'ci']);
  });
  after(() => workplace.close());

  for (const name of ['ci', CI_USER]) {
    it(`token takes everything else from the store for ${name}`, async () => {
      const { status, result } = await desk.json<JwtTokenResult>(['token', '-o', name]);
      expect(status).to.equal(0);
      expect(workplace.org.data.liveSession(result.accessToken)?.userId).to.equal(workplace.org.user(CI_USER)?.id);
    });
  }

  it('sign and doctor do, too', async () => {
    const { result: signed } = await desk.json<JwtSignResult>(['sign', '-o', 'ci']);
    expect(signed.claims).to.include({ iss: clientId, sub: CI_USER });
    const { status, result } = await desk.json<JwtDoctorResult>(['doctor', '-o', 'ci', '--target-org', ADMIN_ALIAS]);
    expect([status, result.ok], JSON.stringify(result)).to.deep.equal([0, true]);
  });

  it('lets a flag say something else, and takes its key before that of the environment', async () => {
    const { key } = await pairOf('stranger');
    const stored = await desk.json(['token', '-o', 'ci'], { env: { SF_JWT_KEY: key } });
    expect(stored.status).to.equal(0);
    await workplace.savePair('stranger', 'stranger');
    const other = await desk.json<never>(['token', '-o', 'ci', '--jwt-key-file', 'stranger.key']);
    expect(other.data?.code).to.equal('signature_mismatch');
    const { result } = await desk.json<JwtSignResult>([
      'sign',
      '-o',
      'ci',
      '-r',
      'https://acme--dev.sandbox.my.salesforce.com',
    ]);
    expect(result.claims.aud).to.equal('https://test.salesforce.com');
  });

  it('says that there is none, with a code and what to do, in every command that looks for one', async () => {
    for (const args of [
      ['token', '-o', 'nobody@example.com'],
      ['sign', '-o', 'nobody@example.com'],
      ['doctor', '-o', 'nobody@example.com'],
      ['doctor', '-o', 'ci', '--target-org', 'nobody@example.com'],
      ['snippet', '--for', 'shell', '-o', 'nobody@example.com'],
      ['connect', '--target-org', 'nobody@example.com', '--certificate-file', 'server.crt'],
    ]) {
      const { status, data, actions } = await desk.json<never>(args);
      expect([status, data?.code], args.join(' ')).to.deep.equal([1, 'named_org_not_found']);
      expect(actions?.join(), args.join(' ')).to.contain('sf org login web --alias nobody@example.com');
    }
    const other = await desk.json<never>(['token', '-o', ADMIN]);
    expect(other.data?.code).to.equal('login_without_key');
  });

  it('is told by its other names: those of the flags that guides show, and Setup’s own', async () => {
    const old = [
      ...['--username', CI_USER, '--clientid', clientId, '--jwtkeyfile', 'server.key'],
      ...[
        '--instanceurl',
        workplace.org.url,
        '--setalias',
        'old',
        '--setdefaultusername',
        '--setdefaultdevhubusername',
      ],
    ];
    const { result, warnings } = await desk.json<{ alias: string }>(['grant', ...old]);
    expect(result.alias).to.equal('old');
    for (const name of ['clientid', 'jwtkeyfile', 'instanceurl', 'setalias', 'setdefaultusername'])
      expect(warnings?.join('\n')).to.contain(`--${name}`);
    const words = ['--username', CI_USER, '--consumer-key', clientId, '--jwt-key-file', 'server.key'];
    const token = await desk.json(['token', ...words, '--instance-url', workplace.org.url]);
    expect([token.status, token.warnings ?? []]).to.deep.equal([0, []]);
    await workplace.save(
      'orgs.csv',
      `Username,Consumer Key,Instance URL\n${CI_USER},${clientId},${workplace.org.url}\n`,
    );
    const fleet = await desk.json(['fleet', 'grant', '-x', 'orgs.csv', '--jwt-key-file', 'server.key']);
    expect(fleet.status, JSON.stringify(fleet)).to.equal(0);
    const snippet = ['snippet', '--for', 'shell', '--plugin-source', 'sf-plugin-jwt@0.1.0', '--json'];
    const [named, byOldName] = await Promise.all(
      ['--orgs-file', '--fleet'].map((flag) => desk.json<{ content: string }>([...snippet, flag, 'orgs.csv'])),
    );
    expect(named?.result.content).to.equal(byOldName?.result.content).and.to.contain('orgs.csv');
  });

  it('is no other for white space and quotes around what was given', async () => {
    const flags = [
      ...['--username', `${CI_USER}\r\n`, '--client-id', ` "${clientId}"`, '--jwt-key-file', 'server.key\r'],
      ...['--instance-url', `${workplace.org.url}/ \n`, '--alias', ' padded '],
    ];
    const { status, result } = await desk.json<Record<string, unknown>>(['grant', ...flags]);
    expect(status).to.equal(0);
    expect(result).to.include({ username: CI_USER, clientId, alias: 'padded' });
    const unset = [
      'grant',
      ...loginFlags(workplace, clientId),
      '--alias',
      '',
      '--passphrase-file',
      '',
      '--audience',
      '',
    ];
    const empty = await desk.json<Record<string, unknown>>(unset);
    expect([empty.status, empty.result['alias']]).to.deep.equal([0, undefined]);
    const named = await desk.json<never>(['connect', '-o', '', '-c', 'server.crt']);
    expect([named.status, named.data?.code]).to.deep.equal([1, 'flag_empty']);
  });
});
