import { expect } from 'chai';
import fc from 'fast-check';
import { certificateOf, rsaKey } from '../../conformance/keys.js';
import { Placeholders } from '../../conformance/placeholders.js';
import type { Exchange, Json } from '../../conformance/recording.js';
import { findSecrets } from '../../conformance/secret-scanner.js';

const ORG = 'acme-dev-ed.my.salesforce.com';
const ID = '0xI8V000000ab1CUAQ';
const TOKEN = '00D8V000000ab1C!AQEAQ.x_7Yk2mN4pQ8rS0tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9nO1pQ3rS5tU7';
const CLIENT_ID = '3MVG9_kZcLde7U5qY0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3.aB4cD5eF6gH7iJ8kL9mN0oP1qR2s';

const exchange = (request: Json, answer: Json): Exchange => ({
  label: 'one',
  request: { method: 'POST', host: 'org', path: '/', headers: {}, body: { type: 'json', json: request } },
  answer: { status: 200, headers: {}, body: { type: 'json', json: answer } },
});

function replaced(placeholders: Placeholders, request: Json, answer: Json = {}): string {
  return JSON.stringify(placeholders.exchanges([exchange(request, answer)]));
}

describe('placeholders of a recording', () => {
  it('stand for tokens, ids, client ids, hosts, mail addresses, IP addresses and URLs that work once', () => {
    const placeholders = new Placeholders();
    placeholders.name(ORG, 'org-host');
    const answer = {
      access_token: TOKEN,
      instance_url: `https://${ORG}`,
      id: `https://login.salesforce.com/id/00D8V000000ab1CUAQ/0058V00000Xy9zAQAR`,
      owner: 'grace.hopper@navy.example.mil',
      consumers: [{ key: CLIENT_ID, secret: 'E2F0A7C4B1D8957E6F5A4B3C2D1E0F99' }],
      SourceIp: '203.0.113.77',
      other: 'https://another-org.lightning.force.com/one?x=1',
      frontdoor_uri: `https://${ORG}/secur/frontdoor.jsp?otp=Zm9vYmFyYmF6cXV4&cshc=0&startURL=%2F`,
      issuer: CLIENT_ID,
      row: { Id: ID, short: ID.slice(0, 15) },
    };
    const text = replaced(placeholders, { token: TOKEN }, answer);
    const secrets = ['ab1C', TOKEN, CLIENT_ID, 'grace', 'E2F0A7', '203.0', 'another-org', 'Zm9vYm', ORG];
    for (const secret of secrets) expect(text).not.to.contain(secret);
    expect(findSecrets(text)).to.deep.equal([]);
    expect(text).to.contain('https://login.salesforce.com/id/{id-00D-1}/{id-005-1}');
    expect(text).to.contain('"Id":"{id-0xI-1}","short":"{id-0xI-1}"');
    expect(text).to.contain('"instance_url":"https://{org-host}"');
    expect(text).to.contain('"issuer":"{client-id-1}"');
  });

  it('are the same for the same value in every exchange, and another for another', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9]{20,40}$/);
    fc.assert(
      fc.property(value, value, (first, second) => {
        fc.pre(!first.includes(second) && !second.includes(first));
        const placeholders = new Placeholders();
        const one = replaced(placeholders, { consumerKey: first }, { note: `of ${first}`, client_id: second });
        const two = replaced(placeholders, { client_id: second, text: `${first}, ${second}` });
        expect(one).to.contain('of {client-id-1}').and.to.contain('"client_id":"{client-id-2}"');
        expect(two).to.contain('"{client-id-1}, {client-id-2}"');
      }),
      { numRuns: 50 },
    );
  });

  it('leave words alone that a name is part of, labels, numbers and public hosts', () => {
    const placeholders = new Placeholders();
    placeholders.learn('name', 'Integration User');
    const [one] = placeholders.exchanges([
      {
        ...exchange({ a: 'Failed: User is Inactive', b: 1480, c: '1024 bits' }, { d: 'https://test.salesforce.com' }),
        label: 'by 00D8V000000ab1CUAQ',
      },
    ]);
    expect(one?.label).to.equal('by 00D8V000000ab1CUAQ');
    expect(one?.request.body).to.deep.equal({
      type: 'json',
      json: { a: 'Failed: User is Inactive', b: 1480, c: '1024 bits' },
    });
    expect(JSON.stringify(one?.answer)).to.contain('https://test.salesforce.com');
  });

  it('know a certificate in each of its forms, and keep the form', async () => {
    const pem = await certificateOf(await rsaKey('placeholders'));
    const placeholders = new Placeholders();
    placeholders.learnCertificate(pem);
    const body = pem.replaceAll(/-----[A-Z ]+-----\n/g, '');
    expect(placeholders.text(pem)).to.equal(
      '-----BEGIN CERTIFICATE-----\n{certificate-1}\n-----END CERTIFICATE-----\n',
    );
    expect(placeholders.text(`<a>${body.trim()}</a>`)).to.equal('<a>{certificate-1}</a>');
    expect(placeholders.text(body.replaceAll('\n', ''))).to.equal('{certificate-1 in one line}');
    expect(placeholders.text(body.trim().replaceAll('\n', '\r\n'))).to.equal('{certificate-1 with CRLF}');
    expect(placeholders.text(body.trim().replaceAll('\n', '&#13;\n'))).to.equal('{certificate-1 with CRLF}');
    expect(placeholders.text(Buffer.from(pem).toString('base64'))).to.equal('{certificate-1 as base64 of PEM}');
  });
});
