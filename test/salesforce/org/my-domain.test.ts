import { expect } from 'chai';
import { domainFacts, type DomainFacts } from '../../../src/salesforce/org/my-domain.js';

describe('What the host of a My Domain tells of its org', () => {
  const production = { isSandbox: false, isScratch: false };
  const cases: Array<[host: string, facts: DomainFacts]> = [
    ['acme.my.salesforce.com', production],
    ['ACME.My.Salesforce.com', production],
    ['acme.my.salesforce.mil', production],
    ['acme--uat.sandbox.my.salesforce.com', { isSandbox: true, isScratch: false }],
    ['acme--uat.my.salesforce.com', { isSandbox: true, isScratch: false }],
    ['acme--uat.cs42.my.salesforce.com', { isSandbox: true, isScratch: false }],
    ['dream-ocean-1234-dev-ed.scratch.my.salesforce.com', { isSandbox: false, isScratch: true }],
    ['orgfarm-1a2b-dev-ed.develop.my.salesforce.com', { ...production, edition: 'Developer Edition' }],
    ['acme-dev-ed.trailblaze.my.salesforce.com', production],
    ['acme-dev-ed.my.salesforce.com', { isSandbox: false }],
    ['acme.cs42.my.salesforce.com', {}],
    ['acme.unheard-of.my.salesforce.com', {}],
    ['login.salesforce.com', {}],
    ['acme.my.site.com', {}],
    ['acme.my.salesforce.com.evil.example', {}],
    ['localhost', {}],
  ];
  for (const [host, facts] of cases) {
    it(`${host}: ${JSON.stringify(facts)}`, () => {
      expect(domainFacts(host)).to.deep.equal(facts);
    });
  }
});
