import { expect } from 'chai';
import { audienceFor } from '../../../src/keys/assertion/audience.js';

const PRODUCTION = 'https://login.salesforce.com';
const SANDBOX = 'https://test.salesforce.com';

const AUDIENCES: Array<[loginUrl: string, audience: string]> = [
  ['https://login.salesforce.com', PRODUCTION],
  ['https://test.salesforce.com/', SANDBOX],
  ['https://acme.my.salesforce.com', PRODUCTION],
  ['https://acme.develop.my.salesforce.com', PRODUCTION],
  ['https://acme.trailblaze.my.salesforce.com', PRODUCTION],
  ['https://acme--uat.sandbox.my.salesforce.com', SANDBOX],
  ['https://ACME--UAT.Sandbox.My.Salesforce.com', SANDBOX],
  ['https://fun-dream-1234.scratch.my.salesforce.com/', SANDBOX],
  ['https://acme--uat.my.salesforce.com', SANDBOX],
  ['https://acme--uat.cs42.my.salesforce.com', SANDBOX],
  ['https://acme.my.site.com/customers', 'https://acme.my.site.com/customers'],
  ['https://acme.my.site.com/', 'https://acme.my.site.com'],
  ['https://acme--uat.sandbox.my.site.com/customers/', 'https://acme--uat.sandbox.my.site.com/customers'],
  ['https://acme.force.com/partners', 'https://acme.force.com/partners'],
  ['http://localhost:7357', PRODUCTION],
  // a site at a domain of the customer's own, or at a local org
  ['https://portal.acme.com/customers/', 'https://portal.acme.com/customers'],
  ['http://localhost:7357/customers', 'http://localhost:7357/customers'],
  // the address of a page, not of a site
  ['https://acme.my.salesforce.com/customers', PRODUCTION],
  ['https://acme--uat.sandbox.my.salesforce.com/lightning/page/home', SANDBOX],
  ['http://localhost:7357/lightning/page/home', PRODUCTION],
  ['https://acme.lightning.force.com/lightning/page/home', PRODUCTION],
  // a look-alike is no sandbox of Salesforce
  ['https://acme--uat.sandbox.my.salesforce.com.example.org', PRODUCTION],
];

describe('audienceFor', () => {
  for (const [loginUrl, audience] of AUDIENCES) {
    it(`is ${audience} for ${loginUrl}`, () => {
      expect(audienceFor(new URL(loginUrl))).to.equal(audience);
    });
  }
});
