import { expect } from 'chai';
import { Connection } from '@jsforce/jsforce-node';
import { isFailure } from '../../src/failure.js';
import { guardAnswers } from '../../src/salesforce/org/transport.js';
import { startOrg, type Org } from '../emulator/index.js';
import { hostileAnswers } from './answers.js';
import { startElsewhere } from './elsewhere.js';

const LIMIT = 400;

describe('An answer that the client library gets', () => {
  let org: Org;
  let elsewhere: Awaited<ReturnType<typeof startElsewhere>>;
  let connection: Connection;
  before(async () => {
    org = await startOrg({ kind: 'developer' });
    elsewhere = await startElsewhere();
    guardAnswers(fetch, LIMIT);
    connection = new Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken, version: '67.0' });
  });
  beforeEach(() => org.faults.clear());
  after(async () => {
    elsewhere.stop();
    await org.stop();
  });

  const questions: Record<string, () => Promise<unknown>> = {
    'a query': async () => connection.query('SELECT Id, Username FROM User'),
    'a query of the Tooling API': async () =>
      connection.tooling.query('SELECT Id, Status, CheckOnly, CreatedBy.Username FROM DeployRequest'),
    'listMetadata': async () => connection.metadata.list([{ type: 'ConnectedApp' }]),
    'readMetadata': async () => connection.metadata.read('ConnectedApp', ['Some']),
    'the API versions': async () => connection.request(`${org.url}/services/data`),
    'a new record': async () => connection.sobject('SetupEntityAccess').create({ ParentId: '1', SetupEntityId: '2' }),
    'a deployment': async () => connection.metadata.deployRest(Buffer.from('x'), {}),
    'the state of a deployment': async () => connection.metadata.checkDeployStatus('0Af000000000001AAA', true, true),
  };
  const expected: Record<string, string> = {
    'a page': 'org_answer_strange',
    'null': 'org_answer_strange',
    'an empty object': 'org_answer_strange',
    'nothing': 'org_answer_strange',
    'a redirect': 'org_redirects',
    'a drip': 'org_unreachable',
    'a stall': 'org_unreachable',
    'a gigabyte': 'org_answer_too_large',
    'a closed connection': 'org_unreachable',
    'a cut answer': 'org_unreachable',
  };

  for (const [question, ask] of Object.entries(questions)) {
    for (const [name, code] of Object.entries(expected)) {
      it(`is none to ${question} if it is ${name}`, async () => {
        org.faults.add({ match: () => true, take: hostileAnswers(elsewhere)[name]! });
        const error = await failureOf(ask);
        expect(isFailure(error) ? error.code : error).to.equal(code);
      });
    }

    it(`keeps what was sent to itself where ${question} is echoed`, async () => {
      org.faults.add({ match: () => true, take: hostileAnswers(elsewhere)['an echo']! });
      const error = await failureOf(ask);
      expect(error).to.have.property('errorCode', 'ERROR_HTTP_400');
      expect(JSON.stringify([error, (error as Error).message])).not.to.contain(org.admin.accessToken);
    });
  }

  it('is never asked for elsewhere', () => {
    expect(elsewhere.seen).to.deep.equal([]);
  });

  const shapes: Record<string, [body: unknown, ask: () => Promise<unknown>]> = {
    'without records': [{ done: true, totalSize: 0 }, questions['a query']!],
    'with a record that is null': [{ done: true, totalSize: 1, records: [null] }, questions['a query']!],
    'without a field that was asked for': [{ done: true, totalSize: 1, records: [{ Id: '1' }] }, questions['a query']!],
    'with a field of another kind': [
      { done: true, totalSize: 1, records: [{ Id: '1', Username: null }] },
      questions['a query']!,
    ],
    'without versions': [[], questions['the API versions']!],
    'with a version that is none': [[{ version: '\x1b[2J' }], questions['the API versions']!],
    'with a deployment of no id': [{ id: 'x' }, questions['a deployment']!],
  };
  for (const [name, [body, ask]] of Object.entries(shapes)) {
    it(`is none if it comes ${name}`, async () => {
      const headers = { 'content-type': 'application/json' };
      org.faults.add({ match: () => true, respond: { status: 200, headers, body: JSON.stringify(body) } });
      const error = await failureOf(ask);
      expect(isFailure(error, 'org_answer_strange'), String(error)).to.equal(true);
    });
  }

  const envelope = (body: string): string =>
    `<?xml version="1.0"?><e:Envelope xmlns:e="x"><e:Body>${body}</e:Body></e:Envelope>`;
  const soap: Record<string, [body: string, ask: () => Promise<unknown>]> = {
    'of another call': [envelope('<readMetadataResponse/>'), questions['listMetadata']!],
    'of a fault with status 200': [envelope('<e:Fault><faultcode>x</faultcode></e:Fault>'), questions['listMetadata']!],
    'cut in its middle': [envelope('<listMetadataResponse/>').slice(0, -8), questions['listMetadata']!],
    'with tags that do not close each other': [
      envelope('<listMetadataResponse><a></listMetadataResponse></a>'),
      questions['listMetadata']!,
    ],
    'with a record too few': [
      envelope('<readMetadataResponse><result/></readMetadataResponse>'),
      questions['readMetadata']!,
    ],
  };
  for (const [name, [body, ask]] of Object.entries(soap)) {
    it(`is none if it is XML ${name}`, async () => {
      org.faults.add({ match: () => true, respond: { status: 200, headers: { 'content-type': 'text/xml' }, body } });
      const error = await failureOf(ask);
      expect(isFailure(error, 'org_answer_strange'), String(error)).to.equal(true);
    });
  }

  it('is none over plain HTTP beyond this machine', async () => {
    const plain = new Connection({ instanceUrl: 'http://acme.my.salesforce.com', accessToken: 'x', version: '67.0' });
    const error = await failureOf(async () => plain.query('SELECT Id FROM User'));
    expect(isFailure(error, 'url_not_https'), String(error)).to.equal(true);
  });

  it('with a page of many tags costs no more than one of few', async () => {
    const page = '<script '.repeat(8_000) + '<'.repeat(60_000);
    org.faults.add({ match: () => true, respond: { status: 200, body: page } });
    const { user } = process.cpuUsage();
    await failureOf(questions['a query']!);
    expect(process.cpuUsage().user - user).to.be.below(300_000);
  });
});

async function failureOf(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    await ask();
  } catch (error) {
    return error;
  }
  throw new Error('It was taken for an answer');
}
