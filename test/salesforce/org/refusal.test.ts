import { expect } from 'chai';
import { isFailure, type FailureCode } from '../../../src/failure.js';
import { lastMeaningOfFailure, meaningOfFailure } from '../../../src/salesforce/org/reachability.js';
import { explain } from '../../../src/terminal/explain.js';

const ORG = { instanceUrl: 'https://acme.my.salesforce.com', username: 'admin@acme.com' };

/** As the client library reports what an org refuses. */
function refusal(errorCode: string, message: string): Error {
  return Object.assign(new Error(message), { name: errorCode, errorCode });
}

describe('What an org refuses', () => {
  const known: Array<[errorCode: string, message: string, code: FailureCode]> = [
    ['REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', 'org_request_limit'],
    ['REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.', 'org_request_limit'],
    ['sf:REQUEST_LIMIT_EXCEEDED', 'REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.', 'org_request_limit'],
    ['UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record', 'org_busy'],
    ['QUERY_TIMEOUT', 'Your query request was running for too long.', 'org_busy'],
    ['SERVER_UNAVAILABLE', 'Server too busy', 'org_failing'],
    ['INVALID_SESSION_ID', 'Session expired or invalid', 'admin_session_expired'],
    ['INSUFFICIENT_ACCESS', 'insufficient access rights', 'admin_permission_missing'],
    ['API_DISABLED_FOR_ORG', 'API is not enabled', 'org_api_disabled'],
    [
      'INVALID_TYPE',
      "\nSELECT Id FROM PermissionSet\n               ^\nERROR at Row:1:Column:16\nsObject type 'PermissionSet' is not supported. If",
      'admin_permission_missing',
    ],
  ];
  for (const [errorCode, message, code] of known) {
    it(`as ${errorCode} (${message.trim().slice(0, 30)}) is ${code}`, () => {
      const meaning = meaningOfFailure(refusal(errorCode, message), ORG);
      expect(isFailure(meaning, code) && meaning.data).to.be.an('object');
      expect((meaning as { data: { words: string } }).data.words).not.to.match(/SELECT|\n/);
    });
  }

  const others = [
    ['MALFORMED_QUERY', "unexpected token: 'x'"],
    ['INVALID_FIELD', "No such column 'License'"],
    ['TXN_SECURITY_NO_ACCESS', 'The operation you requested was blocked'],
    ['sf:INVALID_TYPE', 'INVALID_TYPE: This type of metadata is not available for this organization'],
    ['A_CODE_OF_TOMORROW', ''],
  ] as const;
  for (const [errorCode, message] of others) {
    it(`as ${errorCode} is org_refused where nobody knows better, with the org's words and a next step`, () => {
      const error = refusal(errorCode, message);
      expect(meaningOfFailure(error, ORG)).to.equal(error);
      const meaning = lastMeaningOfFailure(error, ORG);
      const explained = explain(meaning as Error) as Error & { actions: string[]; data: { code: string } };
      expect(explained.data.code).to.equal('org_refused');
      expect(explained.message)
        .to.contain(errorCode.replace('sf:', ''))
        .and.to.contain(message.replace(/^\w+: /, ''));
      expect(explained.actions).to.have.lengthOf(2);
    });
  }

  it('is not confused with an error that is none of an org’s', () => {
    const error = new TypeError("Cannot read properties of undefined (reading 'x')");
    expect(lastMeaningOfFailure(error, ORG)).to.equal(error);
  });
});
