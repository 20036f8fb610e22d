import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { tellConnect } from '../../../src/flows/connect/tell.js';
import { writeFiles } from '../../../src/machine/files/write-files.js';
import { startOrg, type Org } from '../../emulator/index.js';
import { componentKey } from '../../emulator/model/org-state.js';
import { stateOf } from '../../support/connect.js';
import { connectInProcess } from '../../support/connect-in-process.js';
import { failureOf, rejectionOf } from '../../support/failures.js';

const NAME = 'CiApp';
const SILENT = {
  jsonEnabled: () => true,
  log: () => undefined,
  logSuccess: () => undefined,
  logToStderr: () => undefined,
  warn: (text: unknown) => text as string,
};
const PROGRESS = { start: () => undefined, stop: () => undefined, status: undefined };

describe('The folder of connect --output-dir', () => {
  let org: Org;
  let base: string;
  let source: string;
  beforeEach(async () => {
    org = await startOrg({ kind: 'developer', switches: { deployMs: 1 } });
    base = await mkdtemp(join(tmpdir(), 'output-dir-'));
    source = join(base, 'a', 'source');
  });
  afterEach(async () => {
    await org.stop();
    await rm(base, { recursive: true, force: true });
  });

  const run = async (dryRun: boolean, permissionSets: string[] = []): Promise<unknown> => {
    const { onPlan } = tellConnect(SILENT, PROGRESS, {
      admin: org.admin.username,
      sourceFolder: source,
      dryRun,
      wait: 0,
    });
    return connectInProcess(org, { app: { name: NAME, permissionSets }, dryRun }, { onPlan });
  };

  for (const dryRun of [true, false]) {
    const words = dryRun ? 'in a dry run' : 'in a run';
    for (const name of [
      '../../evil',
      '../../../../etc/evil',
      '/etc/evil',
      '..\\..\\evil',
      'x/../../../evil',
      '..',
      '.',
      '',
    ]) {
      it(`holds nothing of a component that the org calls ${JSON.stringify(name)}, ${words}`, async () => {
        org.setup.createExternalClientApp({ name: NAME });
        for (const [key, component] of [...org.data.components]) {
          if (component.type !== 'ExtlClntAppOauthSettings') continue;
          org.data.components.delete(key);
          org.data.components.set(componentKey(component.type, name), { ...component, fullName: name });
        }
        const before = stateOf(org);
        const code = name === '' ? 'org_answer_strange' : 'component_name_illegal';
        await rejectionOf(code, run(dryRun));
        expect(await filesBelow(base)).to.deep.equal([]);
        expect(stateOf(org)).to.deep.equal(before);
      });
    }

    it(`holds nothing of a permission set whose name would lead elsewhere, ${words}`, async () => {
      const before = stateOf(org);
      await rejectionOf('component_name_illegal', run(dryRun, ['../../evil']));
      expect(await filesBelow(base)).to.deep.equal([]);
      expect(stateOf(org)).to.deep.equal(before);
    });

    for (const place of ['a folder', 'a file', 'a folder that is not there']) {
      it(`isn't left through a link to ${place}, ${words}`, async () => {
        const elsewhere = join(base, 'elsewhere');
        await mkdir(elsewhere);
        const file = join(elsewhere, 'kept');
        await writeFile(file, 'kept');
        const folder = join(source, 'externalClientApps');
        await mkdir(place === 'a file' ? folder : source, { recursive: true });
        if (place === 'a file') await symlink(file, join(folder, `${NAME}.eca-meta.xml`));
        else await symlink(place === 'a folder' ? elsewhere : join(base, 'none'), folder);
        const before = stateOf(org);
        await rejectionOf('path_is_symbolic_link', run(dryRun));
        expect(await filesBelow(elsewhere)).to.deep.equal(['kept']);
        expect(await readFile(file, 'utf8')).to.equal('kept');
        expect(await readdir(base)).to.have.members(['a', 'elsewhere']);
        // All of it or nothing.
        expect(
          (await filesBelow(source)).filter((name) => name.endsWith('.xml') && !name.includes('.eca-')),
        ).to.deep.equal([]);
        expect(stateOf(org)).to.deep.equal(before);
      });
    }

    it(`may be a link itself, ${words}`, async () => {
      await mkdir(join(base, 'real'));
      await mkdir(join(base, 'a'));
      await symlink(join(base, 'real'), source);
      await run(dryRun);
      expect(await filesBelow(join(base, 'real'))).to.have.length(5);
    });
  }

  it('has to be a folder', async () => {
    await writeFile(join(base, 'file'), '');
    for (const folder of [join(base, 'file'), join(base, 'file', 'below')]) {
      failureOf('write_failed', () => writeFiles(folder, [{ path: 'a/b', content: '' }]));
    }
    await symlink(join(base, 'none'), join(base, 'dangling'));
    failureOf('write_failed', () => writeFiles(join(base, 'dangling'), [{ path: 'a/b', content: '' }]));
  });

  it('takes no path that leads out of it', () => {
    for (const path of ['../x', '..', '', '.', 'a/../../x', '../source-2/x']) {
      failureOf('path_outside', () => writeFiles(source, [{ path, content: '' }]));
    }
    writeFiles(source, [{ path: '..a/b', content: 'below' }]);
  });
});

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}
