import { expect } from 'chai';
import { myDomainOf } from '../../src/store/login-url.js';

describe('The My Domain behind a Lightning page', () => {
  const pages: Array<[page: string, myDomain: string | undefined]> = [
    ['https://acme.lightning.force.com/lightning/page/home', 'https://acme.my.salesforce.com'],
    ['https://ACME--Dev.sandbox.lightning.force.com', 'https://acme--dev.sandbox.my.salesforce.com'],
    ['https://acme.scratch.lightning.force.com/', 'https://acme.scratch.my.salesforce.com'],
    ['https://acme-dev-ed.develop.lightning.force.com', 'https://acme-dev-ed.develop.my.salesforce.com'],
    ['https://acme.lightning.crmforce.mil', 'https://acme.my.salesforce.mil'],
    ['https://acme.my.salesforce.com', undefined],
    ['https://login.salesforce.com', undefined],
    ['https://acme.my.site.com/portal', undefined],
    ['https://lightning.force.com.example.com', undefined],
  ];
  for (const [page, myDomain] of pages) {
    it(`${page} → ${myDomain ?? 'it is no Lightning page'}`, () => {
      expect(myDomainOf(new URL(page))).to.equal(myDomain);
    });
  }
});
