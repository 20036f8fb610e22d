import { expect } from 'chai';
import { readCertificate } from '../../../src/keys/credential/certificate.js';
import { planKey, type KnownOfKey } from '../../../src/flows/setup/key-plan.js';
import { sha256 } from '../../../src/machine/store/rotation-record.js';
import type { SetupRecord } from '../../../src/machine/store/setup-record.js';
import type { AppReading } from '../../../src/salesforce/app/app.js';
import { pairOf } from '../../support/workplace.js';

const appWith = (certificate: string | undefined): AppReading => ({
  name: 'JwtBearer',
  id: '0xI000000000001AAA',
  components: [
    {
      type: 'ExtlClntAppGlobalOauthSettings',
      fullName: 'JwtBearer_glbloauth',
      fields: { label: 'JwtBearer', ...(certificate === undefined ? {} : { certificate }) },
    },
  ],
  clientId: 'c',
  permissionSets: [],
  profiles: [],
  adminApproved: true,
});

const listed = (exists: boolean, updatedAt?: string) => [{ name: 'Actions', exists, updatedAt }];

describe('which key a setup ends up with', () => {
  let ours: string;
  let theirs: string;
  before(async () => {
    ours = (await pairOf('server')).certificate;
    theirs = (await pairOf('other')).certificate;
  });

  const plan = (known: Partial<KnownOfKey>) =>
    planKey({ app: undefined, record: undefined, places: listed(false), given: undefined, ...known });
  const stored = (more: Partial<SetupRecord> = {}): SetupRecord => ({
    phase: 'stored',
    certificate: ours,
    storedAt: '2026-01-01T00:00:00Z',
    ...more,
  });

  it('is a new one where nothing is there', () => {
    expect(plan({})).to.deep.equal({ key: { source: 'new', reason: 'first' }, setsSecret: true, replaces: [] });
  });

  it('is the one that the CI has, while app and CI are as the record says', () => {
    for (const app of [appWith(ours), appWith(undefined)]) {
      const { key, setsSecret } = plan({ app, record: stored(), places: listed(true) });
      expect(key.source).to.equal('kept');
      expect(setsSecret).to.equal(false);
    }
  });

  it('is the one of the record where the tool gives no list', () => {
    const places = [{ name: 'Actions', exists: false, unsaid: true }];
    expect(plan({ app: appWith(ours), record: stored(), places }).key.source).to.equal('kept');
    expect(plan({ app: appWith(ours), places }).replaces).to.deep.equal(['certificate']);
  });

  it('is that of the app where a job has renewed it and set the secret since', () => {
    const renewed = plan({ app: appWith(theirs), record: stored(), places: listed(true, '2026-02-01T00:00:00Z') });
    expect(renewed.key).to.deep.equal({ source: 'kept', certificate: readCertificate(theirs, 'certificate') });
    const not = plan({ app: appWith(theirs), record: stored(), places: listed(true, '2026-01-01T00:00:00Z') });
    expect(not).to.deep.include({ setsSecret: true, replaces: ['certificate'] });
  });

  it('is a new one without a question where an earlier run had it in memory', () => {
    const record = { phase: 'issued' as const, certificate: ours, replaced: sha256(readCertificate(theirs, '').der) };
    for (const app of [undefined, appWith(ours), appWith(theirs), appWith(undefined)]) {
      const { key, replaces } = plan({ app, record });
      expect(key).to.deep.equal({ source: 'new', reason: 'lost' });
      expect(replaces).to.deep.equal([]);
    }
  });

  it('is a new one where the CI has lost it, which takes nothing from anybody', () => {
    expect(plan({ app: appWith(ours), record: stored() })).to.deep.equal({
      key: { source: 'new', reason: 'gone' },
      setsSecret: true,
      replaces: [],
    });
  });

  it('asks for consent to replace what no record knows', () => {
    expect(plan({ app: appWith(theirs) }).replaces).to.deep.equal(['certificate']);
    expect(plan({ app: appWith(undefined) }).replaces).to.deep.equal(['certificate']);
    expect(plan({ places: listed(true) }).replaces).to.deep.equal(['secret']);
    expect(plan({ app: appWith(theirs), places: listed(true) }).replaces).to.deep.equal(['certificate', 'secret']);
  });

  it('is the given one, which is no other than that of the app, or asks for consent', () => {
    const given = readCertificate(ours, 'server.crt');
    expect(plan({ given, app: appWith(ours) })).to.deep.equal({
      key: { source: 'given' },
      setsSecret: true,
      replaces: [],
    });
    expect(plan({ given, app: appWith(theirs), places: listed(true) }).replaces).to.deep.equal([
      'certificate',
      'secret',
    ]);
    expect(plan({ given, app: appWith(ours), record: stored(), places: listed(true) }).setsSecret).to.equal(false);
  });
});
