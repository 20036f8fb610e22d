import { expect } from 'chai';
import type { HttpRequest } from '../emulator/http/message.js';
import { CONNECT } from '../support/connect.js';
import { Workplace } from '../support/workplace.js';

const REST = (
  errorCode: string,
  message: string,
): { status: number; headers: Record<string, string>; body: string } => ({
  status: 403,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify([{ errorCode, message }]),
});
const SOAP = (
  errorCode: string,
  message: string,
): { status: number; headers: Record<string, string>; body: string } => ({
  status: 500,
  headers: { 'content-type': 'text/xml' },
  body:
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:sf="http://soap.sforce.com/2006/04/metadata"><soapenv:Body><soapenv:Fault>' +
    `<faultcode>sf:${errorCode}</faultcode><faultstring>${errorCode}: ${message}</faultstring>` +
    '</soapenv:Fault></soapenv:Body></soapenv:Envelope>',
});

/** Every kind of request that connect makes of an org, with the refusal in its form. */
const REQUESTS: Array<[what: string, match: (request: HttpRequest) => boolean, answer: typeof REST]> = [
  ['a query', ({ path, query }) => /\/query$/.test(path) && (query.get('q') ?? '').includes('FROM User '), REST],
  ['a query of the Tooling API', ({ path }) => path.endsWith('/tooling/query'), REST],
  ['a list of components', ({ path }) => path.includes('/Soap/m/'), SOAP],
  ['a deployment', ({ path, method }) => path.endsWith('/metadata/deployRequest') && method === 'POST', REST],
  ['an assignment', ({ path }) => path.endsWith('/composite/sobjects'), REST],
];

describe('An org that refuses a request of sf jwt connect', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  for (const [what, match, answer] of REQUESTS) {
    it(`because the day's requests are used up, says so for ${what}`, async () => {
      workplace.org.faults.add({ match, respond: answer('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.') });
      const { status, data, actions } = await workplace.json(CONNECT);
      expect(status).to.equal(1);
      expect(data).to.include({ code: 'org_request_limit', instanceUrl: workplace.org.url });
      expect(data?.['words']).to.equal('REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.');
      expect(actions).to.have.lengthOf(2);
    });
  }

  it('for a reason that nobody foresaw, says it in its words, with a code and a next step', async () => {
    const [, match] = REQUESTS[0]!;
    workplace.org.faults.add({ match, respond: REST('TXN_SECURITY_NO_ACCESS', 'The operation was blocked') });
    const { status, data, actions } = await workplace.json(CONNECT);
    expect(status).to.equal(1);
    expect(data).to.include({ code: 'org_refused', words: 'TXN_SECURITY_NO_ACCESS: The operation was blocked' });
    expect(actions).not.to.deep.equal([]);
  });
});
