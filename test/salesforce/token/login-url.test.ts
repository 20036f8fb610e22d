import { expect } from 'chai';
import fc from 'fast-check';
import { pageHost, parseLoginUrl, type PageKind } from '../../../src/salesforce/token/login-url.js';

/** What a person gives → the URL to log in at; null: none. */
const GIVEN: Array<[given: string, url: string | null]> = [
  ['https://acme.my.salesforce.com', 'https://acme.my.salesforce.com/'],
  ['acme.my.salesforce.com', 'https://acme.my.salesforce.com/'],
  ['ACME.my.salesforce.com/', 'https://acme.my.salesforce.com/'],
  [' https://acme.my.salesforce.com\r\n', 'https://acme.my.salesforce.com/'],
  ['login.salesforce.com', 'https://login.salesforce.com/'],
  ['https:/acme.my.salesforce.com', 'https://acme.my.salesforce.com/'],
  ['https:acme.my.salesforce.com', 'https://acme.my.salesforce.com/'],
  ['https://login.salesforce.com/?locale=de', 'https://login.salesforce.com/'],
  ['https://test.salesforce.com/home/home.jsp', 'https://test.salesforce.com/'],
  ['https://acme.my.salesforce.com/lightning/page/home', 'https://acme.my.salesforce.com/'],
  ['https://acme.my.salesforce.com/setup/forcecomHomepage.apexp?setupid=ForceCom', 'https://acme.my.salesforce.com/'],
  ['https://acme.my.salesforce.com/0015g00000abcdEAAQ', 'https://acme.my.salesforce.com/'],
  ['https://acme.my.salesforce.com/001/o#top', 'https://acme.my.salesforce.com/'],
  ['https://acme.my.salesforce.com/apex/Page?id=1', 'https://acme.my.salesforce.com/'],
  ['https://acme.my.salesforce.com/services/oauth2/token', 'https://acme.my.salesforce.com/'],
  ['https://acme--uat.sandbox.my.salesforce.com/one/one.app', 'https://acme--uat.sandbox.my.salesforce.com/'],
  ['https://acme.my.salesforce.mil/home', 'https://acme.my.salesforce.mil/'],
  ['acme.my.site.com/customers', 'https://acme.my.site.com/customers'],
  ['https://acme.my.site.com/customers/services/oauth2/token', 'https://acme.my.site.com/customers/'],
  ['https://help.acme.com/customers?x=1', 'https://help.acme.com/customers'],
  ['http://localhost:7357/lightning/page/home', 'http://localhost:7357/'],
  ['localhost:7357', 'http://localhost:7357/'],
  ['acme.my.salesforce.com:443/home', 'https://acme.my.salesforce.com/'],
  ['htp:/acme.my.salesforce.com', null],
  ['htps:acme.my.salesforce.com', null],
  ['mailto:ci@acme.com', null],
  ['ci:secret@acme.my.salesforce.com', null],
  ['127.0.0.1:7357/', 'http://127.0.0.1:7357/'],
  ['localhost.example.com', 'https://localhost.example.com/'],
  ['http://acme.my.salesforce.com', 'http://acme.my.salesforce.com/'],
  ['acme.my.salesforce.com:8443', 'https://acme.my.salesforce.com:8443/'],
  ['not a url', null],
  ['', null],
  ['https://', null],
  ['ftp://acme.my.salesforce.com', null],
  ['file:///etc/passwd', null],
];

/** A host of pages → its kind and the My Domain; null: it can't be told. */
const PAGES: Array<[url: string, kind: PageKind, myDomain: string | null]> = [
  ['https://acme.lightning.force.com/lightning/page/home', 'lightning', 'acme.my.salesforce.com'],
  ['https://ACME--Dev.sandbox.lightning.force.com', 'lightning', 'acme--dev.sandbox.my.salesforce.com'],
  ['https://acme.scratch.lightning.force.com/', 'lightning', 'acme.scratch.my.salesforce.com'],
  ['https://acme-dev-ed.develop.lightning.force.com', 'lightning', 'acme-dev-ed.develop.my.salesforce.com'],
  ['https://acme.lightning.crmforce.mil', 'lightning', 'acme.my.salesforce.mil'],
  ['https://acme.lightning.sfcrmapps.cn', 'lightning', 'acme.my.sfcrmproducts.cn'],
  ['https://acme.my.salesforce-setup.com/lightning/setup/SetupOneHome/home', 'setup', 'acme.my.salesforce.com'],
  ['https://acme--uat.sandbox.my.salesforce-setup.com', 'setup', 'acme--uat.sandbox.my.salesforce.com'],
  ['https://acme.trailblaze.my.salesforce-setup.com', 'setup', 'acme.trailblaze.my.salesforce.com'],
  ['https://acme.my.salesforce-setup.mil', 'setup', 'acme.my.salesforce.mil'],
  ['https://acme--c.vf.force.com/apex/Page', 'other', 'acme.my.salesforce.com'],
  ['https://acme.vf.force.com', 'other', 'acme.my.salesforce.com'],
  ['https://acme--uat--c.sandbox.vf.force.com', 'other', 'acme--uat.sandbox.my.salesforce.com'],
  ['https://acme--uat.sandbox.vf.force.com', 'other', 'acme--uat.sandbox.my.salesforce.com'],
  ['https://acme-dev-ed--ns.develop.vf.force.com', 'other', 'acme-dev-ed.develop.my.salesforce.com'],
  ['https://acme--c.vf.crmforce.mil', 'other', 'acme.my.salesforce.mil'],
  ['https://acme--c.visualforce.com', 'other', 'acme.my.salesforce.com'],
  ['https://acme--c.eu40.visual.force.com/apex/Page', 'other', 'acme.my.salesforce.com'],
  ['https://acme--uat--c.cs42.visual.force.com', 'other', 'acme--uat.my.salesforce.com'],
  ['https://c.eu40.visual.force.com', 'other', null],
  ['https://visualforce.com', 'other', null],
  ['https://acme.file.force.com/sfc/servlet.shepherd/version/1', 'other', 'acme.my.salesforce.com'],
  ['https://acme--uat.sandbox.file.force.com', 'other', 'acme--uat.sandbox.my.salesforce.com'],
  ['https://acme--c.eu40.content.force.com', 'other', 'acme.my.salesforce.com'],
  ['https://acme--c.documentforce.com', 'other', 'acme.my.salesforce.com'],
  ['https://acme--pkg.container.force.com', 'other', 'acme.my.salesforce.com'],
  ['https://acme.builder.salesforce-experience.com', 'other', 'acme.my.salesforce.com'],
  ['https://acme.preview.salesforce-experience.com/customers', 'other', 'acme.my.salesforce.com'],
  ['https://acme.live-preview.salesforce-experience.com', 'other', 'acme.my.salesforce.com'],
  ['https://acme--uat.sandbox.live-preview.salesforce-experience.com', 'other', 'acme--uat.sandbox.my.salesforce.com'],
  ['https://acme.my.salesforce-scrt.com', 'other', 'acme.my.salesforce.com'],
];

describe('A URL to log in at', () => {
  for (const [given, url] of GIVEN) {
    it(`${JSON.stringify(given)} → ${url ?? 'none'}`, () => {
      expect(parseLoginUrl(given)?.href ?? null).to.equal(url);
    });
  }

  it('is of the web, without query and fragment, whatever was given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string()), (text) => {
        const url = parseLoginUrl(text);
        if (url === undefined) return;
        expect(url.protocol).to.match(/^https?:$/);
        expect(url.search + url.hash).to.equal('');
        expect(parseLoginUrl(url.href)?.href).to.equal(url.href);
      }),
    );
  });
});

describe('The host of pages', () => {
  for (const [url, kind, myDomain] of PAGES) {
    it(`${url} → ${myDomain ?? 'no My Domain'}`, () => {
      const expected = { kind, myDomain: myDomain === null ? undefined : `https://${myDomain}` };
      expect(pageHost(new URL(url))).to.deep.equal(expected);
    });
  }

  for (const url of [
    'https://acme.my.salesforce.com',
    'https://login.salesforce.com',
    'https://acme.my.site.com/portal',
    'https://acme.force.com/portal',
    'https://acme.my.salesforce-sites.com',
    'https://lightning.force.com.example.com',
    'https://notvf.force.com',
    'http://localhost:7357',
  ]) {
    it(`isn't ${url}`, () => {
      expect(pageHost(new URL(url))).to.equal(undefined);
    });
  }
});
