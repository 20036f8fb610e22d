import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Report } from '../../src/terminal/report/report.js';
import { FleetPlace } from '../support/fleet.js';
import { openWithApp } from '../support/grant.js';
import { ADMIN_ALIAS, CI_USER, pairOf } from '../support/workplace.js';

const read = async (folder: string): Promise<Report> =>
  JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as Report;
const REPORTS = ['html', 'xml', 'json', 'sarif'].flatMap((ending) => ['--report', `report.${ending}`]);

describe('the report', () => {
  it('of fleet grant has a row for each line of the file, whatever became of it', async () => {
    const place = await FleetPlace.open(3);
    try {
      const { certificate } = await pairOf();
      await place.save('server.crt', certificate);
      const rows = place.rows();
      const [first, second, third] = rows;
      place.orgs[1]!.org.setup.deleteApp('Ci');
      await place.saveCsv([
        first!,
        second!,
        third!,
        { ...third!, 'username': 'not a username', 'alias': 'faulty', 'instance-url': 'ftp://x' },
      ]);
      const run = ['--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key', '--wait', '0', ...REPORTS];
      const { status } = await place.json(run);
      expect(status).to.equal(68);
      const report = await read(place.cwd);
      expect(report).to.deep.include({ source: 'orgs.csv', command: 'sf jwt fleet grant' });
      expect(report.rows.map(({ org, line, state }) => [org, line, state])).to.deep.equal([
        ['org0', 2, 'ok'],
        ['org1', 3, 'error'],
        ['org2', 4, 'ok'],
        ['line 5', 5, 'error'],
      ]);
      const [granted, refused, , faulty] = report.rows;
      const { notAfter } = await pairOf();
      expect(granted).to.deep.include({ username: place.orgs[0]!.username, message: 'Logged in.' });
      expect(granted?.certificate?.notAfter).to.equal(notAfter.toISOString());
      expect(refused?.command).to.match(/^sf jwt grant --username .* --alias org1/);
      expect(refused?.findings?.[0]?.severity).to.equal('error');
      expect(faulty).not.to.have.property('command');
      const sarif = JSON.parse(await readFile(join(place.cwd, 'report.sarif'), 'utf8')) as {
        runs: [{ results: Array<{ locations: [{ physicalLocation: { artifactLocation: object; region: object } }] }> }];
      };
      const [result] = sarif.runs[0].results;
      expect(result?.locations[0].physicalLocation).to.deep.equal({
        artifactLocation: { uri: 'orgs.csv' },
        region: { startLine: 3 },
      });
      // A second run finds what works.
      expect((await place.json([...run, '--resume'])).status).to.equal(68);
      expect((await read(place.cwd)).rows.map(({ state }) => state)).to.deep.equal(['ok', 'error', 'ok', 'error']);
    } finally {
      await place.close();
    }
  });

  it('of doctor has one row, with all findings', async () => {
    const { workplace, clientId } = await openWithApp();
    try {
      const login = ['--username', CI_USER, '--client-id', clientId, '--jwt-key-file', 'server.key'];
      const doctor = ['doctor', ...login, '--instance-url', workplace.org.url, '--target-org', ADMIN_ALIAS, ...REPORTS];
      expect((await workplace.jwt(doctor)).status).to.equal(0);
      const [works] = (await read(workplace.cwd)).rows;
      // A folder of the tests is a temporary one.
      expect(works).to.deep.include({ username: CI_USER, clientId, state: 'warning' });
      const { notBefore, notAfter } = await pairOf();
      expect(works?.certificate).to.deep.include({
        notBefore: notBefore.toISOString(),
        notAfter: notAfter.toISOString(),
      });
      workplace.org.setup.removeAssignment(CI_USER, 'Ci');
      expect((await workplace.jwt([...doctor, '--json'])).status).to.equal(1);
      const [fails] = (await read(workplace.cwd)).rows;
      expect([fails?.state, fails?.findings?.[0]?.code]).to.deep.equal(['error', 'user_unassigned']);
      expect(fails?.message).to.equal(fails?.findings?.[0]?.message);
      expect(fails?.command).to.match(/^sf org assign permset .*--name Ci /);
    } finally {
      await workplace.close();
    }
  });
});
