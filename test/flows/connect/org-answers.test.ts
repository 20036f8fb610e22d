import { inspect } from 'node:util';
import { expect } from 'chai';
import { isFailure } from '../../../src/failure.js';
import { deployCertificate } from '../../../src/flows/rotate/deploy.js';
import { readCurrentState } from '../../../src/flows/rotate/read.js';
import type { RotateDependencies } from '../../../src/flows/rotate/rotation.js';
import { readCertificate } from '../../../src/keys/credential/certificate.js';
import type { AppType } from '../../../src/salesforce/app/app.js';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import type { HttpRequest } from '../../emulator/http/message.js';
import { startOrg, type Org } from '../../emulator/index.js';
import { stateOf } from '../../support/connect.js';
import { adminConnection, connectInProcess } from '../../support/connect-in-process.js';
import { pairOf } from '../../support/workplace.js';

const NAME = 'CiApp';

/** What takes the place of a SOAP answer: the status is 200, and the answer is wrong or lacks something. */
const WRONG_ANSWERS: Record<string, (right: string) => { type?: string; body: string }> = {
  'a page': () => ({ type: 'text/html', body: '<!doctype html><html><body><h1>Welcome</h1></body></html>' }),
  'a page that calls itself XML': () => ({ body: '<html><body><h1>Welcome</h1></body></html>' }),
  'nothing': () => ({ body: '' }),
  'null, as JSON': () => ({ type: 'application/json', body: 'null' }),
  'an envelope with an empty body': () => ({ body: soap('') }),
  'a list or result without anything in it': (right) => ({ body: right.replace(/<result>[^]*<\/result>/, '') }),
  'a result without records': (right) => ({ body: right.replace(/<records[^]*<\/records>|<records[^>]*\/>/g, '') }),
  'a list of one entry that is nil': (right) => ({
    body: right.replace(/<result>[^]*<\/result>/, '<result xsi:nil="true"/>'),
  }),
  'records that are nil': (right) => ({
    body: right.replace(/<records[^>]*[^/]>[^]*?<\/records>/g, '<records xsi:nil="true"/>'),
  }),
  'records that have a name alone': (right) => ({
    body: right.replace(
      /(<records[^>]*[^/]>)[^]*?(<fullName>[^<]*<\/fullName>)[^]*?(<\/records>)/g,
      (_all, open: string, name: string, close: string) => open + name + close,
    ),
  }),
  'records without a name': (right) => ({
    body: right.replace(/(<records[^>]*>)<fullName>[^<]*<\/fullName>/g, '$1'),
  }),
  'records of another name': (right) => ({
    body: right.replace(/<fullName>[^<]*<\/fullName>/g, '<fullName>Another</fullName>'),
  }),
  'records or entries of another type': (right) => ({
    body: right
      .replace(/xsi:type="\w+"/g, 'xsi:type="CustomObject"')
      .replace(/<type>\w+<\/type>/g, '<type>CustomObject</type>'),
  }),
  'one record or entry less': (right) => ({
    body: right.replace(/<records[^>]*>[^]*?<\/records>|<records[^>]*\/>|<result><[^]*?<\/result>/, ''),
  }),
};

const soap = (body: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">' +
  `<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;

/** One of these says what is wrong; nothing else may come of a wrong answer. */
const CODES = ['app_answers_contradict', 'app_settings_unreadable', 'app_unreadable', 'org_answer_strange'] as const;

/** Gives the answer in the place of the SOAP answer number `index`, from 0. Returns how many there were. */
function wrongAnswer(org: Org, index: number, answer: (typeof WRONG_ANSWERS)[string]): () => number {
  let count = 0;
  org.faults.add({
    match: ({ path }) => path.includes('/Soap/') && count++ === index,
    take: async (outgoing, _request, process) => {
      const { type = 'text/xml', body } = answer(String((await process()).body));
      outgoing.writeHead(200, { 'content-type': type });
      outgoing.end(body);
    },
  });
  return () => count;
}

/** Settings that no default has, so that whatever overwrites them is seen. */
const SETTINGS = {
  name: NAME,
  label: 'Our CI',
  contactEmail: 'ci-team@acme.example.com',
  callbackUrl: 'https://ci.acme.example.com/callback',
  scopes: ['Full', 'RefreshToken', 'Chatter'],
  adminApproved: true,
  permissionSets: ['Deployers'],
};

const MAKE: Record<AppType, (org: Org, certificate: string) => void> = {
  'external-client-app': (org, certificate) => {
    org.setup.createExternalClientApp({ ...SETTINGS, certificate });
    org.setup.changePolicy(NAME, { ipRelaxationPolicyType: 'Bypass' });
  },
  'connected-app': (org, certificate) => {
    org.setup.createConnectedApp({ ...SETTINGS, certificate });
    org.setup.changePolicy(NAME, { oauthPolicy: { ipRelaxation: 'BYPASS', refreshTokenPolicy: 'zero' } });
  },
};

const RUNS: Record<string, (org: Org, type: AppType) => Promise<unknown>> = {
  connect: async (org, appType) =>
    connectInProcess(org, { appType, app: { name: NAME, permissionSets: ['Deployers'] } }),
  rotate: async (org) => {
    const connection = adminConnection(org);
    const current = await readCurrentState({ name: NAME, clientId: undefined }, connection);
    const dependencies = {
      ...SYSTEM_CLOCK,
      connection,
      onDeployment: () => undefined,
    } as unknown as RotateDependencies;
    const request = { apiVersion: '67.0', dryRun: false } as never;
    const { certificate } = await pairOf('next');
    return deployCertificate({ request, dependencies, current }, readCertificate(certificate, 'next.crt'));
  },
};

for (const type of ['external-client-app', 'connected-app'] as const) {
  for (const [command, run] of Object.entries(RUNS)) {
    describe(`${command}, for an app of the type ${type} that it can't read`, () => {
      let org: Org;
      beforeEach(async () => {
        org = await startOrg({ kind: 'developer', switches: { connectedAppCreation: 'allowed', deployMs: 1 } });
        org.setup.createPermissionSet('Deployers', { label: 'Those who deploy', description: 'by hand' });
        MAKE[type](org, (await pairOf('previous')).certificate);
      });
      afterEach(() => org.stop());

      for (const [name, answer] of Object.entries(WRONG_ANSWERS)) {
        it(`loses nothing when any one answer is ${name}`, async function () {
          this.timeout(120_000);
          let refused = 0;
          for (let index = 0; ; index++) {
            const before = stateOf(org);
            const settings = settingsOf(org);
            const asked = wrongAnswer(org, index, answer);
            const error = await run(org, type).then(
              () => undefined,
              (thrown: unknown) => thrown,
            );
            org.faults.clear();
            if (error === undefined) {
              // The answer wasn't needed, or said the same: then it came to what was asked for, and nothing else.
              expect(settingsOf(org), `answer ${index}`).to.deep.equal(settings);
            } else {
              refused += 1;
              expect(
                CODES.some((code) => isFailure(error, code)),
                `answer ${index}: ${inspect(error)}`,
              ).to.equal(true);
              // An answer after the deployment leaves what was deployed.
              if (!isDeployed(org)) expect(stateOf(org), `answer ${index}`).to.deep.equal(before);
              expect(settingsOf(org), `answer ${index}`).to.deep.equal(settings);
            }
            if (asked() <= index) break;
          }
          expect(refused, 'answers that were told').to.be.above(0);
        });
      }

      it('changes the certificate, and nothing else, when every answer is right', async () => {
        const settings = settingsOf(org);
        await run(org, type);
        expect(settingsOf(org)).to.deep.equal(settings);
        expect(isDeployed(org)).to.equal(true);
      });
    });
  }
}

describe('connect, for a permission set that the query does not bring', () => {
  for (const records of ['[]', '[null]']) {
    it(`makes no second one, with the records ${records}`, async () => {
      const org = await startOrg({ kind: 'developer', switches: { deployMs: 1 } });
      try {
        org.setup.createPermissionSet('Deployers', { label: 'Those who deploy', description: 'by hand' });
        const before = stateOf(org);
        org.faults.add({
          match: ({ path, query }) => path.endsWith('/query') && /FROM PermissionSet /.test(query.get('q') ?? ''),
          respond: {
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: `{"totalSize":0,"done":true,"records":${records}}`,
          },
        });
        const error: unknown = await connectInProcess(org, { app: { permissionSets: ['Deployers'] } }).catch(
          (thrown: unknown) => thrown,
        );
        expect(
          isFailure(error, 'app_answers_contradict') ||
            isFailure(error, 'org_answer_strange') ||
            error instanceof TypeError,
        ).to.equal(true);
        expect(stateOf(org)).to.deep.equal(before);
      } finally {
        await org.stop();
      }
    });
  }
});

describe('connect, beside a deployment that ends between two of its questions', () => {
  it('reads again, and takes what that has brought', async () => {
    const org = await startOrg({ kind: 'developer', switches: { deployMs: 1 } });
    try {
      const permissionSets = ['Deployers'];
      const isQuery = ({ path, query }: HttpRequest): boolean =>
        path.endsWith('/query') && /FROM PermissionSet /.test(query.get('q') ?? '');
      org.faults.add({
        match: (request) => {
          // The answer is from before, and what comes next from after.
          if (isQuery(request)) org.setup.createPermissionSet('Deployers', { label: 'Just made' });
          return isQuery(request);
        },
        times: 1,
        respond: {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: '{"totalSize":0,"done":true,"records":[]}',
        },
      });
      await connectInProcess(org, { app: { permissionSets } });
      expect(org.data.componentsOf('PermissionSet').map(({ fields }) => fields['label'])).to.deep.equal(['Just made']);
    } finally {
      await org.stop();
    }
  });
});

/** All that a run of these could overwrite, but for the certificate that it brings. */
function settingsOf(org: Org): unknown {
  const apps = org.apps.map(({ kind, name, label, consumerKey, scopes, adminApproved, ...app }) => {
    const { permissionSets, bypassesIpRanges, components } = app;
    const texts = JSON.stringify(components.map(({ fields }) => fields));
    const kept = [SETTINGS.contactEmail, SETTINGS.callbackUrl].map((text) => texts.includes(text));
    const names = components.map(({ type, fullName }) => `${type} ${fullName}`);
    return { kind, name, label, consumerKey, scopes, adminApproved, permissionSets, bypassesIpRanges, kept, names };
  });
  const permissionSet = org.data.component('PermissionSet', 'Deployers')?.fields;
  return structuredClone({ apps, permissionSet, components: org.data.components.size });
}

function isDeployed(org: Org): boolean {
  return org.data.consumers.some(({ certificates }) => certificates.length > 1);
}
