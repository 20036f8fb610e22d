import { expect } from 'chai';
import fc from 'fast-check';
import { formatOf, newAlias, type ConversionSource } from '../../../src/flows/convert/convert.js';
import { aliasFrom, isImportableAlias } from '../../../src/flows/convert/keystore-alias.js';
import { failureOf } from '../../support/failures.js';
import { pair } from '../../support/keystores.js';

describe('conversion', () => {
  let key: ConversionSource['entry']['key'];
  before(async () => {
    ({ key } = await pair());
  });
  const source = (alias: string | undefined, chosen = false): ConversionSource => {
    return { format: 'pkcs12', source: 'server.p12', entry: { alias, key, chain: [] }, chosen };
  };

  it('goes by the extension, whatever its case', () => {
    expect(['a.p12', 'b.PFX', 'c.jks', './x.y/d.Pem'].map(formatOf)).to.deep.equal(['pkcs12', 'pkcs12', 'jks', 'pem']);
    for (const path of ['a', '.jks', 'a.key', 'a.p12.bak'])
      failureOf('conversion_target_unknown', () => formatOf(path));
  });

  it('gives a key the alias that was asked for, else its own, else one from the file name', () => {
    expect(newAlias(source('own'), 'Wanted', 'pkcs12', 'file.p12')).to.equal('Wanted');
    expect(newAlias(source('own'), 'Wanted', 'jks', 'file.jks')).to.equal('wanted');
    expect(newAlias(source('own'), undefined, 'jks', 'file.jks')).to.equal('own');
    expect(newAlias(source('My Name'), undefined, 'pkcs12', 'file.p12')).to.equal('My Name');
    expect(newAlias(source('My Name'), undefined, 'jks', 'file.jks')).to.equal('file');
    expect(newAlias(source(undefined), undefined, 'jks', 'dir/my-file 2.jks')).to.equal('my_file_2');
    expect(newAlias(source('chosen', true), 'CHOSEN', 'pkcs12', 'file.p12')).to.equal('chosen');
  });

  it('refuses an alias that an org does not import', () => {
    for (const alias of ['1', 'a-b', 'a b', 'a__b', 'a_', '_a', '', 'ä', 'a\n']) {
      failureOf('keystore_alias_illegal', () => newAlias(source('own'), alias, 'jks', 'file.jks'));
    }
    failureOf('keystore_alias_illegal', () => newAlias(source('1', true), '1', 'jks', 'file.jks'));
    for (const alias of ['a', 'A1', 'jwt_signing', 'a_1_b']) expect(isImportableAlias(alias)).to.equal(true);
  });

  it('makes an alias of any file name', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => isImportableAlias(aliasFrom(name))));
    expect(aliasFrom('2026')).to.equal('key_2026');
    expect(aliasFrom('日本')).to.equal('key');
  });
});
