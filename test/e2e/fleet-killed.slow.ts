import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtFleetConnectResult } from '../../src/commands/jwt/fleet/connect.js';
import type { JwtFleetRotateResult } from '../../src/commands/jwt/fleet/rotate.js';
import { FleetPlace } from '../support/fleet.js';
import { start } from '../support/plugin.js';
import { expireLocks } from '../support/stored.js';
import { pairOf } from '../support/workplace.js';

const PAIR = ['--certificate-file', 'server.crt', '--jwt-key-file', 'server.key'];

describe('a fleet, killed', function () {
  this.timeout(600_000);

  let place: FleetPlace;
  beforeEach(async () => {
    place = await FleetPlace.open(4, (index) => ({ adminUsername: `admin@org${index}.example.com` }));
    await place.storeAdmins();
    await place.save('server.crt', (await pairOf()).certificate);
  });
  afterEach(() => place.close());

  /** Kills the command when the third org gets its n-th request. @returns null if it was killed */
  const killedAt = async (args: string[], request: number): Promise<number | null> => {
    const child = start(['jwt', 'fleet', ...args], { home: place.home, cwd: place.cwd });
    let left = request;
    const undo = place.orgs[2]!.org.faults.add({ match: () => --left === 0 && child.kill('SIGKILL'), latencyMs: 1 });
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    undo();
    await expireLocks(place.home);
    return status;
  };

  for (const request of [1, 6, 11, 14])
    it(`connects with --resume what is left, when request ${request} of an org was its last`, async () => {
      await place.saveCsv(
        place.orgs.map(({ username }, index) => ({ username, alias: `org${index}`, admin: `admin${index}` })),
      );
      const args = ['--orgs-file', 'orgs.csv', ...PAIR, '--output-file', 'connected.csv', '--concurrency', '1'];
      const status = await killedAt(['connect', ...args], request);
      expect(status).to.equal(null);
      expect(existsSync(join(place.cwd, 'connected.csv'))).to.equal(false);
      const { result } = await place.answer<JwtFleetConnectResult>('connect', [...args, '--resume']);
      expect(result.failed).to.deep.equal([]);
      expect(result.skipped.map(({ line }) => line).slice(0, 2)).to.deep.equal([2, 3]);
      const grant = await place.json(['--orgs-file', 'connected.csv', '--jwt-key-file', 'server.key']);
      expect(grant.status, JSON.stringify(grant.result)).to.equal(0);
      for (const { org } of place.orgs) expect(org.data.consumers).to.have.length(2);
    });

  for (const request of [1, 8, 13, 16])
    it(`rotates with --resume what is left, when request ${request} of an org was its last`, async () => {
      await place.saveCsv(place.rows().map((row, index) => ({ ...row, admin: `admin${index}` })));
      await place.json(['--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key']);
      const args = ['--orgs-file', 'orgs.csv', '--name', 'Ci', '--jwt-key-file', 'server.key'];
      const status = await killedAt(['rotate', ...args], request);
      expect(status).to.equal(null);
      const { result } = await place.answer<JwtFleetRotateResult>('rotate', [
        ...args,
        '--resume',
        '--output-file',
        'rotated.csv',
      ]);
      expect(result.failed, JSON.stringify(result.failed)).to.deep.equal([]);
      expect(result.skipped.map(({ line }) => line).slice(0, 2)).to.deep.equal([2, 3]);
      expect(result.notBegun).to.deep.equal([]);
      const grant = await place.json(['--orgs-file', 'rotated.csv']);
      expect(grant.status, JSON.stringify(grant.result)).to.equal(0);
      const keys = readdirSync(place.cwd).filter((name) => /-\d{8}.*\.key$/.test(name));
      expect(keys).to.have.length(4);
      for (const key of keys) expect(readFileSync(join(place.cwd, key), 'utf8')).to.contain('PRIVATE KEY');
    });
});
