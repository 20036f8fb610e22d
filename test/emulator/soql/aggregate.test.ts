import { expect } from 'chai';
import { type Org, startOrg } from '../index.js';

type Answer = { totalSize: number; records: Array<Record<string, unknown>>; errorCode?: string; message?: string };

/** What a query that groups brings, by the SOQL and SOSL Reference. */
describe('local org: SOQL that groups', () => {
  let org: Org;
  const CI = 'ci@acme.example.com';

  before(async () => {
    org = await startOrg({ kind: 'developer', users: [{ username: CI }] });
    for (const [minutes, application, username] of [
      [1, 'One', CI],
      [2, 'One', org.admin.username],
      [3, 'Two', CI],
    ] as const) {
      const from = { status: 'Success', sourceIp: '203.0.113.7', loginUrl: 'acme.my.salesforce.com' };
      const time = Date.parse('2026-11-01T00:00:00Z') + minutes * 60_000;
      const id = org.data.ids.next('loginHistory');
      org.data.loginHistory.push({ id, userId: org.user(username)!.id, time, application, ...from });
    }
  });
  after(() => org.stop());

  async function query(soql: string, token = org.admin.accessToken): Promise<Answer> {
    const url = `${org.url}/services/data/v62.0/query?q=${encodeURIComponent(soql)}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const body = (await response.json()) as Answer | [Answer];
    return Array.isArray(body) ? body[0] : body;
  }

  it('brings a record for each group, in the order that was asked for', async () => {
    const soql =
      'SELECT Application, COUNT(Id) logins, MAX(LoginTime), MIN(LoginTime), COUNT_DISTINCT(UserId) users FROM LoginHistory' +
      ' GROUP BY Application ORDER BY MAX(LoginTime) DESC';
    const { records, totalSize } = await query(soql);
    expect(totalSize).to.equal(2);
    expect(records).to.deep.equal([
      {
        ...{ attributes: { type: 'AggregateResult' }, Application: 'Two', logins: 1, users: 1 },
        ...{ expr0: '2026-11-01T00:03:00.000+0000', expr1: '2026-11-01T00:03:00.000+0000' },
      },
      {
        ...{ attributes: { type: 'AggregateResult' }, Application: 'One', logins: 2, users: 2 },
        ...{ expr0: '2026-11-01T00:02:00.000+0000', expr1: '2026-11-01T00:01:00.000+0000' },
      },
    ]);
    expect((await query(`${soql} LIMIT 1 OFFSET 1`)).records.map(({ Application }) => Application)).to.deep.equal([
      'One',
    ]);
  });

  it('brings one record without groups, also of nothing', async () => {
    const { records } = await query("SELECT COUNT(Id) logins FROM LoginHistory WHERE LoginUrl = 'nowhere'");
    expect(records).to.deep.equal([{ attributes: { type: 'AggregateResult' }, logins: 0 }]);
  });

  for (const [soql, errorCode, words] of [
    ['SELECT UserId, COUNT(Id) FROM LoginHistory GROUP BY Application', 'MALFORMED_QUERY', 'Field must be grouped'],
    [
      "SELECT Id FROM LoginHistory WHERE Application = 'One'",
      'INVALID_FIELD',
      "field 'Application' can not be filtered",
    ],
    ["SELECT Id FROM LoginHistory WHERE Status = 'Success'", 'INVALID_FIELD', "field 'Status' can not be filtered"],
    ['SELECT COUNT(Nothing) FROM LoginHistory', 'INVALID_FIELD', 'Nothing'],
  ] as const) {
    it(`refuses ${soql}`, async () => {
      const answer = await query(soql);
      expect(answer.errorCode).to.equal(errorCode);
      expect(answer.message).to.contain(words);
    });
  }

  it('shows the logins of others to those alone who manage users', async () => {
    const soql = 'SELECT COUNT(Id) logins FROM LoginHistory';
    expect((await query(soql)).records[0]?.['logins']).to.equal(3);
    expect((await query(soql, org.login(CI))).records[0]?.['logins']).to.equal(2);
  });

  it('has no second page', async () => {
    const [first] = org.data.loginHistory;
    for (let number = 0; number < 2000; number++)
      org.data.loginHistory.push({ ...first!, id: org.data.ids.next('loginHistory'), application: `App ${number}` });
    const soql = 'SELECT Application, COUNT(Id) FROM LoginHistory GROUP BY Application';
    expect((await query(soql)).errorCode).to.equal('EXCEEDED_ID_LIMIT');
    expect((await query(`${soql} LIMIT 2000`)).totalSize).to.equal(2000);
  });
});
