import { expect } from 'chai';
import fc from 'fast-check';
import { checkPath } from '../../../src/salesforce/token/front-door.js';
import { failureOf } from '../../support/failures.js';

const ORG = 'https://acme.my.salesforce.com';

describe('checkPath', () => {
  for (const path of [
    '/',
    '/lightning/page/home',
    '/lightning/setup/SetupOneHome/home?setupApp=all#top',
    '/lightning/r/Account/001/view?backgroundContext=%2Flightning%2Fo%2FAccount',
    '/customers/s/?next=https://example.com',
    '/a/../b',
  ]) {
    it(`takes ${path}`, () => {
      checkPath(path);
    });
  }

  for (const path of [
    '',
    'lightning/page/home',
    'https://evil.example.com/',
    '//evil.example.com',
    '/\\evil.example.com',
    '\\\\evil.example.com',
    '/\t/evil.example.com',
    '/\n/evil.example.com',
    ' /lightning',
    '/..//evil.example.com',
    '/.//evil.example.com',
    'javascript:alert(1)',
    '/lightning page',
  ]) {
    it(`refuses ${JSON.stringify(path)}`, () => {
      expect(failureOf('front_door_path_illegal', () => checkPath(path)).data).to.deep.equal({ path });
    });
  }

  it('takes nothing that leads out of the org, however it is resolved', () => {
    const odd = fc.string({ unit: fc.constantFrom('/', '\\', '.', ':', '@', '\t', '\n', '%2f', 'a', '?', '#', ' ') });
    fc.assert(
      fc.property(odd, (text) => {
        const path = `/${text}`;
        try {
          checkPath(path);
        } catch {
          return;
        }
        const first = new URL(path, ORG);
        const second = new URL(first.pathname, ORG);
        expect([first.origin, second.origin]).to.deep.equal([ORG, ORG]);
      }),
      { numRuns: 2000 },
    );
  });
});
