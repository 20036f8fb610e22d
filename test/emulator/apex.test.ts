import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'chai';
import { Connection } from 'jsforce';
import JSZip from 'jszip';

import { readTestClass } from './apex/test-methods.js';
import { type Org, startOrg } from './index.js';
import { deploy, metadataXml, type Outcome, packageXml, problems, zip } from './testkit/packages.js';

const META = metadataXml('ApexClass', [
  ['apiVersion', '67.0'],
  ['status', 'Active'],
]);
const GREETING = "public class Greeting { public static String hello() { return 'hi'; } }\n";
const TEST = `@IsTest
private class GreetingTest {
  /* @IsTest static void commented() {} */
  @TestSetup static void setUp() {}
  @IsTest static void greets() { Assert.areEqual('@IsTest static void text()', Greeting.hello()); }
  static testMethod void older() {}
  static void helper() {}
}
`;

describe('local org: settings, Apex and its tests', () => {
  let org: Org;
  let conn: Connection;

  beforeEach(async () => {
    org = await startOrg({ kind: 'scratch' });
    conn = new Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken, version: '67.0' });
  });

  afterEach(async () => org.stop());

  const deployFiles = async (files: Record<string, string>, members: Record<string, string[]>): Promise<Outcome> =>
    deploy(org, await zip({ 'package.xml': packageXml(members, '67.0'), ...files }));

  const deployClasses = async (): Promise<Outcome> =>
    deployFiles(
      {
        'classes/Greeting.cls': GREETING,
        'classes/Greeting.cls-meta.xml': META,
        'classes/GreetingTest.cls': TEST,
        'classes/GreetingTest.cls-meta.xml': META,
      },
      { ApexClass: ['Greeting', 'GreetingTest'] },
    );

  const runTests = async (body: object): Promise<Record<string, unknown>[]> => {
    const headers = { 'content-type': 'application/json' };
    const url = '/services/data/v67.0/tooling/runTestsAsynchronous';
    const id = await conn.request<string>({ method: 'POST', url, body: JSON.stringify(body), headers });
    const run = `SELECT Status FROM ApexTestRunResult WHERE AsyncApexJobId = '${id}'`;
    while ((await conn.tooling.query(run)).records[0]?.['Status'] !== 'Completed') await delay(5);
    const results = `SELECT MethodName, Outcome, Message, ApexClass.Name FROM ApexTestResult WHERE AsyncApexJobId = '${id}' ORDER BY MethodName`;
    const { records } = await conn.tooling.query(results);
    return records;
  };

  const refusedQuery = async (query: PromiseLike<unknown>): Promise<string> => {
    try {
      return JSON.stringify(await query);
    } catch (error) {
      return (error as { errorCode: string }).errorCode;
    }
  };

  it('takes classes as two files, tracks them, and gives them back', async () => {
    const outcome = await deployClasses();
    expect(problems(outcome)).to.deep.equal([]);
    expect(outcome).to.include({ numberComponentsDeployed: 2 });
    const { records } = await conn.tooling.query('SELECT MemberType, MemberName, RevisionCounter FROM SourceMember');
    expect(
      records.map((row): unknown[] => [row['MemberType'], row['MemberName'], row['RevisionCounter']]),
    ).to.deep.equal([
      ['ApexClass', 'Greeting', 1],
      ['ApexClass', 'GreetingTest', 2],
    ]);
    const [cls] = (await conn.tooling.query("SELECT Id, Body FROM ApexClass WHERE Name = 'Greeting'")).records;
    expect(cls).to.include({ Body: GREETING });
    const { zipFile } = await conn.metadata
      .retrieve({ apiVersion: '67.0', unpackaged: { types: [{ name: 'ApexClass', members: ['Greeting'] }] } } as never)
      .complete();
    const archive = await JSZip.loadAsync(zipFile, { base64: true });
    expect(await archive.file('unpackaged/classes/Greeting.cls')?.async('string')).to.equal(GREETING);
    expect(await archive.file('unpackaged/classes/Greeting.cls-meta.xml')?.async('string')).to.include('<status>');
  });

  it('tracks only what changed, and in scratch orgs only', async () => {
    await deployClasses();
    await deployClasses();
    const changed = 'SELECT MemberName FROM SourceMember WHERE RevisionCounter > 2';
    expect((await conn.tooling.query(changed)).totalSize).to.equal(0);
    expect(await refusedQuery(conn.query('SELECT Id FROM SourceMember'))).to.equal('INVALID_TYPE');
    const production = await startOrg({ kind: 'production' });
    const other = new Connection({ instanceUrl: production.url, accessToken: production.admin.accessToken });
    expect(await refusedQuery(other.tooling.query(changed))).to.equal('INVALID_TYPE');
    await production.stop();
  });

  it('refuses a class without its description, and a file that declares another class', async () => {
    const bare = await deployFiles({ 'classes/Greeting.cls': GREETING }, { ApexClass: ['Greeting'] });
    expect(problems(bare)).to.deep.equal(['Required field is missing: apiVersion']);
    const other = await deployFiles(
      { 'classes/Farewell.cls': GREETING, 'classes/Farewell.cls-meta.xml': META },
      { ApexClass: ['Farewell'] },
    );
    expect(problems(other)[0]).to.include('Farewell');
    expect((await conn.tooling.query('SELECT Id FROM ApexClass')).totalSize).to.equal(0);
  });

  it('takes settings under a root element of their own', async () => {
    const xml = metadataXml('LightningExperienceSettings', [['enableS1DesktopEnabled', 'true']]);
    const members = { Settings: ['LightningExperience'] };
    expect(problems(await deployFiles({ 'settings/LightningExperience.settings': xml }, members))).to.deep.equal([]);
    const wrong = xml.replaceAll('LightningExperienceSettings', 'Settings');
    expect(problems(await deployFiles({ 'settings/LightningExperience.settings': wrong }, members))).to.deep.equal([
      'Error parsing file: Unexpected element Settings',
    ]);
  });

  it('finds test methods in the text of a class', () => {
    expect(readTestClass(TEST)).to.deep.equal({ methods: ['greets', 'older'] });
    expect(
      readTestClass('@isTest(SeeAllData=true) public class T { @isTest(critical=true) private static void a() {} }'),
    )
      .to.have.property('methods')
      .that.deep.equals(['a']);
    expect(readTestClass(GREETING)).to.equal(undefined);
  });

  it('runs all tests, one class, or one method; they pass or fail as the switch says', async () => {
    await deployClasses();
    const all = await runTests({ testLevel: 'RunLocalTests' });
    expect(all.map((entry) => [entry['MethodName'], entry['Outcome']])).to.deep.equal([
      ['greets', 'Pass'],
      ['older', 'Pass'],
    ]);
    expect(await runTests({ tests: [{ className: 'GreetingTest' }] })).to.have.lengthOf(2);
    org.switches.apexTests = 'fail';
    const [one] = await runTests({ tests: [{ className: 'GreetingTest', testMethods: ['greets'] }] });
    expect(one).to.include({
      MethodName: 'greets',
      Outcome: 'Fail',
      Message: 'System.AssertException: Assertion Failed',
    });
  });

  it('refuses to run what is no test, and an org without tests', async () => {
    const refused = async (body: object): Promise<unknown> => runTests(body).catch((error: unknown) => error);
    expect(await refused({ testLevel: 'RunLocalTests' }))
      .to.have.property('message')
      .that.includes('Always provide a classes, suites, tests, or testLevel property');
    await deployClasses();
    expect(await refused({ tests: [{ className: 'Greeting' }] })).to.include({ errorCode: 'INVALID_INPUT' });
    const method = { className: 'GreetingTest', testMethods: ['helper'] };
    expect(await refused({ tests: [method] })).to.include({ errorCode: 'INVALID_INPUT' });
  });
});
