import { expect } from 'chai';
import { Failure } from '../../src/failure.js';
import { failedRow, failureWarnings, outcomeTable, wordsOf } from '../../src/fleet/report.js';
import { exitCodeOf, type FleetOutcome } from '../../src/fleet/outcome.js';
import type { GrantRequest } from '../../src/grant.js';
import { loginFailure, type LoginTarget } from '../../src/token/log-in.js';
import { rsaKey } from '../support/certificates.js';

type Failed = Extract<FleetOutcome, { state: 'failed' }>;

const TARGET: LoginTarget = {
  clientId: '3MVG9',
  username: "o'ci@a.example.com",
  loginUrl: new URL('https://a.my.salesforce.com/'),
  audience: 'https://login.salesforce.com',
};
const REQUEST: GrantRequest = {
  target: TARGET,
  keyInput: { key: rsaKey(), encrypted: false, path: '/a b.key', asIs: true },
  keyFile: '/a b.key',
  keyStorage: 'copy',
  names: { alias: 'a', setDefault: false, setDefaultDevHub: false },
  limit: 0,
  timeout: 1_000,
};
const SHARED = { bin: 'sf', keyStorage: 'copy', passphraseFile: 'pass.txt' };

const failed = (error: Error, line = 2, more: Partial<Failed> = {}): Failed => ({
  state: 'failed',
  row: { line, username: TARGET.username, alias: 'a' },
  error,
  request: REQUEST,
  waited: 0,
  ...more,
});
const limited = loginFailure(
  { ok: false, kind: 'oauth', status: 400, error: 'rate_limit_exceeded', errorDescription: 'number of \x1b[31mlogins' },
  TARGET,
);

describe('the report of a fleet', () => {
  it('says of a failed row what grant would, how long was waited in vain, and the line to paste', () => {
    const row = failedRow(failed(limited, 2, { waited: 180_000 }), SHARED);
    expect(row).to.include({ line: 2, username: TARGET.username, alias: 'a', code: 'org_login_limit' });
    expect(row.message)
      .to.contain('rate_limit_exceeded')
      .and.to.match(/a wait of 3 minutes\.$/);
    expect(row.actions.at(-1)).to.contain(
      `sf jwt grant --username 'o'\\''ci@a.example.com' --client-id 3MVG9 --jwt-key-file '/a b.key' --passphrase-file pass.txt --instance-url https://a.my.salesforce.com --audience https://login.salesforce.com --alias a --key-storage copy`,
    );
    expect(failedRow(failed(limited), SHARED).message).not.to.contain('a wait of');
  });

  it('has no line to paste for a row that isn’t complete, and nothing that it doesn’t know', () => {
    const error = new Failure('orgs_row_columns', { source: 'orgs.csv', line: 4, expected: 2, found: 3 });
    const { request: _, ...bare } = failed(error, 4, { row: { line: 4, username: undefined, alias: undefined } });
    const row = failedRow(bare, SHARED);
    expect(row).to.have.all.keys('line', 'code', 'message', 'actions');
    expect(row.actions.join()).not.to.contain('sf jwt grant');
  });

  it('names an error of nobody’s making', () => {
    const row = failedRow(failed(new RangeError('out of range')), SHARED);
    expect(row).to.include({ code: 'unexpected', message: 'out of range' });
  });

  it('shows the server’s words in the table, without control characters, and each kind of failure once', () => {
    const outcomes = [failed(limited, 2), failed(limited, 5), failed(limited, 9), failed(new RangeError('x'), 11)];
    expect(wordsOf(limited)).to.equal('rate_limit_exceeded: number of \uFFFD[31mlogins');
    expect(outcomeTable(outcomes).data[0]).to.include({ line: 2, orgId: '', result: `failed: ${wordsOf(limited)}` });
    const warnings = failureWarnings(outcomes, SHARED) as Array<{ message: string; actions?: string[] }>;
    expect(warnings).to.have.length(2);
    expect(warnings[0]!.message).to.contain('lines 5, 9');
    expect(warnings[0]!.actions).to.have.length.above(0);
  });

  it('ends with 0, 1 or 68', () => {
    const skipped: FleetOutcome = {
      state: 'skipped',
      orgId: '00D',
      row: { line: 1, username: 'x', alias: undefined },
      waited: 0,
    };
    expect(exitCodeOf([])).to.equal(0);
    expect(exitCodeOf([skipped])).to.equal(0);
    expect(exitCodeOf([failed(limited)])).to.equal(1);
    expect(exitCodeOf([skipped, failed(limited)])).to.equal(68);
  });
});
