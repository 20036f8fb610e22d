import { expect } from 'chai';
import fc from 'fast-check';

import { type Org, startOrg } from '../index.js';

interface Answer {
  status: number;
  totalSize?: number;
  done?: boolean;
  nextRecordsUrl?: string;
  records?: Array<Record<string, unknown>>;
  errorCode?: string;
  message?: string;
}

describe('local org: SOQL', () => {
  let org: Org;

  before(async () => {
    org = await startOrg({ kind: 'scratch', users: [{ username: 'ci@acme.example.com', lastName: "O'Neil" }] });
    org.setup.createPermissionSet('Ci');
    org.setup.assignPermissionSet('ci@acme.example.com', 'Ci');
  });

  after(async () => {
    await org.stop();
  });

  async function query(soql: string): Promise<Answer> {
    const url = `${org.url}/services/data/v62.0/query?q=${encodeURIComponent(soql)}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${org.admin.accessToken}` } });
    const body = (await response.json()) as Answer | [Answer];
    return { ...(Array.isArray(body) ? body[0] : body), status: response.status };
  }

  const counts: Array<[soql: string, size: number]> = [
    ['SELECT Id FROM Account', 3],
    ['select id from account', 3],
    ['SELECT COUNT() FROM Account', 3],
    ['SELECT Id FROM Account LIMIT 2', 2],
    ['SELECT Id FROM Account LIMIT 2 OFFSET 2', 1],
    ["SELECT Id FROM Account WHERE Name = 'O\\'Brien & Sons'", 1],
    ["SELECT Id FROM Account WHERE Name = 'o\\'brien & sons'", 1],
    ["SELECT Id FROM Account WHERE Name LIKE '%n%'", 3],
    ["SELECT Id FROM Account WHERE Name LIKE 'B_rlington%'", 1],
    ["SELECT Id FROM Account WHERE Name LIKE 'B\\_rlington%'", 0],
    ['SELECT Id FROM Account WHERE Industry = null', 3],
    ['SELECT Id FROM Account WHERE Industry != null', 0],
    ['SELECT Id FROM Account WHERE NumberOfEmployees > 20 AND NumberOfEmployees <= 31', 1],
    ["SELECT Id FROM Account WHERE NOT (Name LIKE 'O%' OR Name LIKE 'B%')", 1],
    ["SELECT Id FROM Account WHERE Name IN ('x', 'Burlington Textiles Corp of America')", 1],
    ["SELECT Id FROM Account WHERE Name NOT IN ('x', 'Burlington Textiles Corp of America')", 2],
    ["SELECT Id FROM User WHERE IsActive = true AND Profile.Name = 'Standard User'", 1],
    [
      "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username = 'ci@acme.example.com' AND PermissionSet.IsOwnedByProfile = false",
      1,
    ],
    [
      "SELECT Id FROM User WHERE Id IN (SELECT AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Ci')",
      1,
    ],
    ['SELECT Id FROM User WHERE CreatedDate = TODAY', 2],
    ['SELECT Id FROM User WHERE CreatedDate < 2020-01-01T00:00:00Z', 0],
    ['SELECT Id FROM UserLogin WHERE IsFrozen = true', 0],
  ];
  for (const [soql, size] of counts) {
    it(`${soql} → ${size}`, async () => {
      const answer = await query(soql);
      expect(answer).to.include({ status: 200, totalSize: size, done: true });
    });
  }

  const errors: Array<[soql: string, code: string]> = [
    ['SELECT FROM Account', 'MALFORMED_QUERY'],
    ['SELECT Id Account', 'MALFORMED_QUERY'],
    ["SELECT Id FROM Account WHERE Name = 'O'Brien'", 'MALFORMED_QUERY'],
    ["SELECT Id FROM Account WHERE Name = 'a\\q'", 'MALFORMED_QUERY'],
    ["SELECT Id FROM Account WHERE Name = 'a", 'MALFORMED_QUERY'],
    ["SELECT Id FROM Account WHERE Name = 'a' AND Id = null OR Id = null", 'MALFORMED_QUERY'],
    ['SELECT Nope FROM Account', 'INVALID_FIELD'],
    ['SELECT ConsumerKey FROM ConnectedApplication', 'INVALID_FIELD'],
    ["SELECT Id FROM User WHERE Nope.Name = 'x'", 'INVALID_FIELD'],
    ["SELECT Id FROM User WHERE IsActive = 'true'", 'INVALID_FIELD'],
    ["SELECT Id FROM User WHERE Id = 'not an id'", 'INVALID_FIELD'],
    ['SELECT Id FROM Nope__c', 'INVALID_TYPE'],
    ['SELECT Id FROM ScratchOrgInfo', 'INVALID_TYPE'],
  ];
  for (const [soql, code] of errors) {
    it(`${soql} → ${code}`, async () => {
      expect(await query(soql)).to.include({ status: 400, errorCode: code });
    });
  }

  it('orders, with nulls first unless told otherwise', async () => {
    const names = async (order: string): Promise<unknown[]> =>
      ((await query(`SELECT Name FROM Account ORDER BY ${order}`)).records ?? []).map(({ Name }) => Name);
    const ascending = await names('Name');
    expect(ascending[0]).to.equal('Burlington Textiles Corp of America');
    expect(await names('Name DESC')).to.deep.equal([...ascending].reverse());
  });

  it('orders what has the same value as it was made, in the direction of the sort', async () => {
    const names = async (clause: string): Promise<unknown[]> =>
      ((await query(`SELECT Name FROM Account ${clause}`)).records ?? []).map(({ Name }) => Name);
    const asMade = await names('');
    expect(await names('ORDER BY Industry')).to.deep.equal(asMade);
    expect(await names('ORDER BY Industry DESC')).to.deep.equal([...asMade].reverse());
    expect(await names('ORDER BY Industry DESC LIMIT 1')).to.deep.equal(asMade.slice(-1));
  });

  it('nests what a relationship path selects', async () => {
    const { records } = await query("SELECT Username, Profile.UserLicense.Name FROM User WHERE LastName = 'O\\'Neil'");
    const [record] = records as Array<{
      attributes: { url: string };
      Profile: { attributes: { url: string }; UserLicense: { Name: string } };
    }>;
    expect(record?.attributes.url).to.match(/^\/services\/data\/v62.0\/sobjects\/User\/005/);
    expect(record?.Profile.attributes.url).to.match(/\/Profile\/00e/);
    expect(record?.Profile.UserLicense.Name).to.equal('Salesforce');
  });

  it('knows its own ids: 15 characters mean the same record as 18', async () => {
    const { id = '' } = org.user('ci@acme.example.com') ?? {};
    expect(await query(`SELECT Id FROM User WHERE Id = '${id.slice(0, 15)}'`)).to.include({ totalSize: 1 });
  });

  it('pages large results', async () => {
    const { accounts } = org.data;
    const seeded = accounts.length;
    for (let index = 0; index < 2100; index += 1)
      accounts.push({ Id: `bulk${index}`, Name: `Bulk ${index}`, Industry: null, NumberOfEmployees: 1 });
    const first = await query('SELECT Name FROM Account');
    expect(first).to.include({ totalSize: 2100 + seeded, done: false });
    const headers = { authorization: `Bearer ${org.admin.accessToken}` };
    const rest = (await (await fetch(org.url + (first.nextRecordsUrl ?? ''), { headers })).json()) as Answer;
    expect(rest).to.include({ done: true });
    expect((first.records?.length ?? 0) + (rest.records?.length ?? 0)).to.equal(2100 + seeded);
    accounts.splice(seeded);
  });

  it('finds any name that is escaped as the SOQL reference says, and nothing else', async () => {
    const { accounts } = org.data;
    const seeded = accounts.length;
    const escapes: Record<string, string> = {
      '\\': '\\\\',
      "'": "\\'",
      '\n': '\\n',
      '\r': '\\r',
      '\t': '\\t',
      '\b': '\\b',
      '\f': '\\f',
      '"': '\\"',
    };
    const escape = (text: string): string =>
      Array.from(text)
        .map((char) => escapes[char] ?? char)
        .join('');
    const text = fc.string({
      unit: fc.constantFrom("'", '\\', '"', '%', '_', 'a', 'n', '\n', '\t', ' ', ')', 'é', '😀'),
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(text, async (name) => {
        accounts.splice(seeded);
        accounts.push(
          { Id: 'x', Name: name, Industry: null, NumberOfEmployees: 1 },
          { Id: 'y', Name: `${name}'`, Industry: null, NumberOfEmployees: 1 },
        );
        const answer = await query(`SELECT Name FROM Account WHERE Name = '${escape(name)}'`);
        expect(answer.records?.map(({ Name }) => Name)).to.deep.equal([name]);
      }),
      { numRuns: 200 },
    );
    accounts.splice(seeded);
  });
});
