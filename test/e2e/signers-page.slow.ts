import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { withExampleValues } from '../../scripts/demo-output.js';
import { splitWords } from '../../src/keys/signer/words.js';
import { codeBlocks } from '../support/doc-blocks.js';
import { hasSoftHsm, startSoftHsm } from '../support/real-keepers.js';
import { needs } from '../support/tools.js';
import { Workplace } from '../support/workplace.js';

const EXAMPLE = {
  url: 'https://example.my.salesforce.com',
  clientId: '3MVG9exampleClientId',
  serial: 'b64264d28d518236',
  module: '/usr/lib/softhsm/libsofthsm2.so',
};

describe('docs/signers.md', function () {
  this.timeout(300_000);

  it('shows what the commands print today', async function () {
    needs(this, hasSoftHsm, 'SoftHSM with pkcs11-tool');
    const sessions = codeBlocks('docs/signers.md').filter(({ language }) => language === 'console');
    const session = sessions.map(({ text }) => text.trim()).join('\n\n');
    const hsm = await startSoftHsm();
    const workplace = await Workplace.open();
    try {
      for (const file of ['server.key', 'server.crt']) await rm(workplace.path(file));
      const tokens = await hsm.run('pkcs11-tool', ['--module', hsm.module, '--list-token-slots']);
      const serial = /serial num +: (\w+)/.exec(tokens)![1]!;
      const shown: string[] = [];
      for (const part of session.split(/^(?=\$ )/m)) {
        const line = /^\$ sf jwt (.*(?:\\\n.*)*)/.exec(part)![1]!;
        const clientIdNow = (): string => workplace.org.data.consumers.at(-1)?.key ?? 'none yet';
        const command = line
          .replaceAll('\\\n', ' ')
          .replaceAll(EXAMPLE.url, workplace.org.url)
          .replaceAll(EXAMPLE.clientId, clientIdNow())
          .replaceAll(EXAMPLE.serial, serial)
          .replaceAll(EXAMPLE.module, hsm.module);
        const split = splitWords(command, 'linux');
        const { stdout, stderr, status } = await workplace.jwt('words' in split ? split.words : [], { env: hsm.env });
        expect(status, `${command}\n${stdout}${stderr}`).to.equal(0);
        const { url, orgId } = workplace.org;
        const output = withExampleValues(stdout + stderr, { home: workplace.cwd, url, orgId, clientId: clientIdNow() })
          .replaceAll(serial, EXAMPLE.serial)
          .replaceAll(hsm.module, EXAMPLE.module)
          .replaceAll(/-\d{8}\.crt/g, '-20261126.crt')
          .replaceAll(/ends( on)? \d{4}-\d{2}-\d{2}/g, 'ends$1 2027-11-26')
          .replaceAll(/\(\d+ days left\)/g, '(364 days left)')
          .replaceAll(/for [\d.]+ seconds/g, 'for 0.4 seconds')
          .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z|\d{4}-\d{2}-\d{2} \d{2}:\d{2}( UTC)?/g, '2026-11-27 06:00');
        shown.push(`$ sf jwt ${line}\n${output.trim()}`);
      }
      expect(session).to.equal(shown.join('\n\n'));
    } finally {
      await workplace.close();
      await hsm.stop();
    }
  });
});
