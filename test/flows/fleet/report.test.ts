import { expect } from 'chai';
import { Failure } from '../../../src/failure.js';
import { failureWarnings, wordsOf } from '../../../src/flows/fleet/failed-row.js';
import type { GrantOutcome } from '../../../src/flows/fleet/grant.js';
import { failedLogin as failedRow, outcomeTable } from '../../../src/flows/fleet/report.js';
import { exitCodeOf } from '../../../src/flows/fleet/outcome.js';
import type { GrantRequest } from '../../../src/flows/grant.js';
import { loginFailure, type LoginTarget } from '../../../src/salesforce/token/log-in.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { rsaKey } from '../../support/certificates.js';

type Failed = Extract<GrantOutcome, { state: 'failed' }>;

const TARGET: LoginTarget = {
  clientId: '3MVG9',
  username: "o'ci@a.example.com",
  loginUrl: new URL('https://a.my.salesforce.com/'),
  audience: 'https://login.salesforce.com',
};
const REQUEST: GrantRequest = {
  target: TARGET,
  keyInput: {
    signer: signerOf(rsaKey()),
    source: 'server.key',
    key: rsaKey(),
    encrypted: false,
    path: '/a b.key',
    asIs: true,
  },
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
    expect(outcomeTable(outcomes, undefined).data[0]).to.include({
      line: '2',
      orgId: '',
      result: `failed: ${wordsOf(limited)}`,
    });
    const warnings = failureWarnings(outcomes) as Array<{ message: string; actions?: string[] }>;
    expect(warnings).to.have.length(2);
    expect(warnings[0]!.message).to.contain('lines 5, 9');
    expect(warnings[0]!.actions).to.have.length.above(0);
  });

  it('has one line a row on a narrow terminal, with the result whole where it can be, and the alias for the username', () => {
    const outcomes = [failed(limited, 2), failed(new RangeError('x'.repeat(100)), 3)];
    const { columns, data } = outcomeTable(outcomes, 80);
    expect(columns.map(({ key }) => key)).to.deep.equal(['line', 'login', 'result']);
    expect(data[0]).to.include({ login: 'a', result: `failed: ${wordsOf(limited)}` });
    expect(data[1]?.result).to.match(/^failed: x+…$/);
    for (const row of data) {
      const cells = columns.map(({ key }) => row[key].length);
      expect(cells.reduce((sum, length) => sum + length, 3 * cells.length + 1)).to.be.at.most(80);
    }
    const nameless = outcomeTable(
      [failed(limited, 2, { row: { line: 2, username: TARGET.username, alias: undefined } })],
      90,
    );
    expect(nameless.data[0]?.login).to.equal(TARGET.username);
  });

  it('ends with 0, 1 or 68', () => {
    const skipped: GrantOutcome = {
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
