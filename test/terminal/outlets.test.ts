import { expect } from 'chai';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { Failure } from '../../src/failure.js';
import { keepKeyMaterial, keepSecret, withoutSecrets } from '../../src/keys/secrets.js';
import { explain } from '../../src/terminal/explain.js';
import { inLine, printable } from '../../src/terminal/printable.js';
import { foreseen } from '../../src/terminal/unforeseen.js';

// What steers a terminal, one for each kind.
const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const wild = fc.string({
  unit: fc.constantFrom(...Array.from('ab \n\r\t\x1b[]2J;\x07\x9b\x85\u2028\u202e\u2066\x7f')),
});

describe('A text on its way to a terminal', () => {
  it('steers nothing, whatever it is', () => {
    fc.assert(fc.property(wild, (text) => !STEERING.test(inLine(text)) && !inLine(text).includes('\n')));
    fc.assert(fc.property(wild, (text) => !STEERING.test(printable(text).replace(/\x1b\[[\d;]*m|\r\n/g, ''))));
  });

  it('keeps lines and colors of our own, and shows what turns text around', () => {
    expect(printable('\x1b[31mred\x1b[39m\nline')).to.equal('\x1b[31mred\x1b[39m\nline');
    expect(printable('\x1b[2J\x1b]52;c;eA==\x07')).to.equal('\uFFFD[2J\uFFFD]52;c;eA==\uFFFD');
    expect(inLine('abc\u202eexe')).to.equal('abc\\u202eexe');
  });

  it('forges no line of ours with the words of a server', () => {
    const words = 'no\r\n\nTry this:\n\nrm -rf /';
    const { message } = explain(new Failure('org_unreachable', { instanceUrl: 'https://a', reason: words }));
    expect(message).to.equal('The org at https://a gave no answer: no Try this: rm -rf /');
  });
});

describe('withoutSecrets', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-'));

  it('masks a private key that nobody has kept, however it is written', () => {
    for (const text of [pem, pem.replaceAll('\n', '\\n'), Buffer.from(pem).toString('base64'), lines.join('')]) {
      expect(withoutSecrets(`a ${text} b`)).to.match(/^a \S+/);
      for (const line of lines.slice(0, -1)) expect(withoutSecrets(`a ${text} b`)).not.to.contain(line);
    }
  });

  it('masks each line of a key that was read, wherever it stands', () => {
    keepKeyMaterial(pem);
    for (const line of lines.slice(0, -1)) expect(withoutSecrets(`reason: ${line}.`)).to.equal('reason: […].');
  });

  it('masks session ids and assertions, and what was kept, as it is, in a URL and in JSON', () => {
    keepSecret('a "secret" phrase');
    const texts = ['a "secret" phrase', 'a%20%22secret%22%20phrase', 'a \\"secret\\" phrase'];
    for (const text of [...texts, '00D000000000001!AQ.x_y', '00D000000000001%21AQ', 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln']) {
      expect(withoutSecrets(`<${text}>`)).to.equal('<[…]>');
    }
  });

  it('masks a short passphrase where it stands alone, in every form, whatever it is', () => {
    const edge = fc.constantFrom('', ' ', '"', "'", '(', ')', ': ', '=', '\n', ', ', '│ ', '`');
    // Words may be our own; fast-check likes names of properties.
    const short = fc.oneof(
      fc.constantFrom('qwzxk', 'Qxvbn', 'hunter2'),
      fc.string({ minLength: 4, maxLength: 7, unit: 'grapheme' }).filter((text) => /[^a-z\s]\S{3}/i.test(text.trim())),
    );
    fc.assert(
      fc.property(short, edge, edge, fc.constantFrom('', '.', '…'), (secret, before, after, end) => {
        keepSecret(secret);
        const forms = [secret.trim(), encodeURIComponent(secret.trim()), JSON.stringify(secret.trim()).slice(1, -1)];
        for (const form of forms) {
          const said = withoutSecrets(`wrong ${before}${form}${end}${after}`);
          expect(said.includes(form) && !'wrong […].…'.includes(form), `${form} in ${said}`).to.equal(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes no path, name or id apart for the sake of a short passphrase, and no word for one of three letters', () => {
    for (const secret of ['w0rk', 'qbc123', 'qcme', 'key', 'a.b*', '9876']) keepSecret(secret);
    const texts = [
      '/home/w0rk/qbc123.key',
      'ci@qcme.com and qbc123@qcme.com',
      'https://qcme.my.salesforce.com/qbc123/x',
      'the key is w0rkable',
      '9876-11-26',
      'a.bb',
    ];
    for (const text of texts) expect(withoutSecrets(text)).to.equal(text);
    expect(withoutSecrets('no: qbc123. Or "qbc123", (a.b*) for qcme?')).to.equal('no: […]. Or "[…]", ([…]) for […]?');
  });

  it('leaves a short passphrase that is a word of our own texts: where it was missing, it would be told', () => {
    for (const secret of ['wrong', 'another']) keepSecret(secret);
    expect(withoutSecrets('choose another name, "another" is wrong.')).to.equal(
      'choose another name, "another" is wrong.',
    );
  });

  it('leaves what it was told to leave, and sentences about keys', () => {
    const token = '00D000000000001!AQ.given';
    expect(withoutSecrets(`${token} 00D000000000001!AQ.other`, new Set([token]))).to.equal(`${token} […]`);
    const sentence = 'It begins with -----BEGIN PRIVATE KEY----- and is no certificate.';
    expect(withoutSecrets(sentence)).to.equal(sentence);
    expect(withoutSecrets('server.key')).to.equal('server.key');
  });
});

describe('An unforeseen error', () => {
  it('has a code, one line and a way to report it', () => {
    const error = explain(foreseen(new TypeError('x is\nundefined: eyJhbGciOiJSUzI1NiJ9.e30.c2ln'), {}));
    expect(error).to.include({ name: 'UnexpectedError' });
    expect(error.message).to.match(/Type error: x is undefined: \[…\]$/);
    expect(error).to.have.property('actions').that.has.length.above(0);
    expect(error).to.have.property('data').that.deep.equals({
      code: 'unexpected',
      type: 'TypeError',
      reason: 'x is undefined: […]',
      words: 'Type error: x is undefined: […]',
    });
  });

  it('says where only if it is asked', () => {
    const data = (environment: NodeJS.ProcessEnv): unknown =>
      (foreseen(new RangeError('x'), environment) as Error & { data: unknown }).data;
    expect(data({ SF_LOG_LEVEL: 'debug' })).to.have.property('stack');
    expect(data({})).not.to.have.property('stack');
  });

  it('of the org’s keeps its words', () => {
    const refusal = Object.assign(new Error('bad'), { errorCode: 'MALFORMED_QUERY' });
    expect(foreseen(refusal, {})).to.deep.include({
      code: 'org_request_refused',
      data: { words: 'MALFORMED_QUERY: bad' },
    });
  });
});
