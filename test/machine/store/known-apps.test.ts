import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { expect } from 'chai';
import sinon from 'sinon';
import { clientIdsNamed, knownClientIds, rememberApp } from '../../../src/machine/store/known-apps.js';

describe('the apps that this machine knows', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'known-apps-'));
    sinon.stub(Global, 'SF_DIR').get(() => folder);
  });
  afterEach(() => {
    sinon.restore();
    rmSync(folder, { recursive: true });
  });

  it('are those of whole files, and not of one that a killed run was writing', async () => {
    await rememberApp('3MVG9.one_two', { name: 'CiApp', admin: 'admin@example.com', certificates: [] });
    const apps = join(folder, 'jwt-apps');
    mkdirSync(apps, { recursive: true });
    writeFileSync(join(apps, '.3MVG9.one_two-670b111f88005ae5.new.json'), '{"name":"CiApp","certificates":[]}');
    writeFileSync(join(apps, 'other.txt'), '{}');
    expect(knownClientIds()).to.deep.equal(['3MVG9.one_two']);
    expect(clientIdsNamed('ciapp')).to.deep.equal(['3MVG9.one_two']);
  });
});
