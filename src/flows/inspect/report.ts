import { Messages } from '../../terminal/messages.js';
import type { CertificateFacts, KeyFacts } from '../../keys/credential/certificate-facts.js';
import type { KeyEncryption } from '../../keys/credential/key-encryption.js';
import { inLine } from '../../terminal/printable.js';
import { fill } from '../../terminal/fill.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import type { KnownUse } from '../known-use.js';
import type { InspectFinding } from './findings.js';
import type { Inspected, InspectedJwt, InspectedPkcs12, PrivateKeyFacts, StoreKeyFacts } from './inspected.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.inspect');

/** A fact in the words that a person reads: its name, and its value on one line. */
export type Fact = { name: string; value: string };

/** Facts that belong together; `title` says whose they are, where there are several. */
export type Section = { title?: string; facts: Fact[] };

/** What a file holds, in words. What it says of itself doesn't get to steer the terminal. */
export function sectionsOf(inspected: Inspected): Section[] {
  return sections(inspected).map(({ title, facts }) => ({
    ...(title === undefined ? {} : { title: inLine(title) }),
    facts: facts.map(({ name, value }) => ({ name, value: inLine(value).replaceAll('\t', ' ') })),
  }));
}

/** A finding in words, and what to do about it. */
export function describeFinding(
  { code, severity, values, several }: InspectFinding,
  file: string,
  use: KnownUse,
): { code: string; severity: 'error' | 'warning'; message: string; fix: string } {
  const message = inLine(fill(messages.getMessage(`finding.${code}`), values));
  const key = several ? `finding.${code}.fix.several` : `finding.${code}.fix`;
  const fix = messages.getMessages(key).map((line) => fill(line, { ...values, file, rotation: rotationOf(use) }));
  return { code, severity, message, fix: fix.join('\n') };
}

/** The flags of `rotate` for the app; without a name it's the one that `connect` makes. */
function rotationOf({ adminOrg, name, clientId, username }: KnownUse): string {
  const app = name === undefined ? ['--client-id', clientId] : ['--name', name];
  const flags = [['--target-org', adminOrg], app, ['--username', username]];
  return flags.flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} ${shellQuote(value)}`])).join(' ');
}

function sections(inspected: Inspected): Section[] {
  switch (inspected.kind) {
    case 'private-key':
      return [{ facts: privateKeyFacts(inspected) }];
    case 'public-key':
      return [{ facts: keyFacts(inspected.key) }];
    case 'certificate':
      return certificateSections(inspected.certificates);
    case 'bundle': {
      const { privateKey, certificates, belongsTogether } = inspected;
      const facts = [...privateKeyFacts(privateKey), ...pairFact(belongsTogether, certificates)];
      return [{ facts }, ...certificateSections(certificates)];
    }
    case 'certificate-request': {
      const { subject, key, verified } = inspected;
      return [
        {
          facts: [
            fact('subject', subject),
            ...keyFacts(key),
            fact('verified', messages.getMessage(verified ? 'yes' : 'no')),
          ],
        },
      ];
    }
    case 'pkcs12':
    case 'jks':
    case 'jceks':
      return [
        ...(inspected.kind === 'pkcs12' ? [{ facts: protectionFacts(inspected) }] : []),
        ...inspected.keys.flatMap(storeKeySections),
        ...inspected.certificates.map(({ alias, created, certificate }) => ({
          title: messages.getMessage('title.storeCertificate', [alias ?? messages.getMessage('unnamed')]),
          facts: [...createdFact(created), ...certificateFacts(certificate)],
        })),
      ];
    case 'jwt':
      return jwtSections(inspected);
  }
}

function fact(name: string, value: string): Fact {
  return { name: messages.getMessage(`fact.${name}`), value };
}

function pairFact(belongsTogether: boolean | null, certificates: CertificateFacts[]): Fact[] {
  if (certificates.length === 0) return [];
  const key = belongsTogether === null ? 'together.unknown' : belongsTogether ? 'together' : 'together.not';
  return [fact('belongsTogether', messages.getMessage(key))];
}

function privateKeyFacts({ format, encryption, key }: PrivateKeyFacts): Fact[] {
  return [
    fact('format', format),
    ...(key === null ? [] : keyFacts(key)),
    fact('encryption', encryption === null ? messages.getMessage('none') : encryptionWords(encryption)),
  ];
}

function encryptionWords({ cipher, derivation, iterations }: KeyEncryption): string {
  const rounds = iterations === undefined ? undefined : messages.getMessage('iterations', [iterations]);
  return [cipher, derivation, rounds].filter((part) => part !== undefined).join(', ');
}

function keyFacts({ type, size, curve }: KeyFacts): Fact[] {
  const detail = size === undefined ? curve : messages.getMessage('bits', [size]);
  return [fact('key', detail === undefined ? type : `${type}, ${detail}`)];
}

function certificateSections(certificates: CertificateFacts[]): Section[] {
  return certificates.map((certificate, index) => ({
    ...(certificates.length > 1 ? { title: messages.getMessage('title.certificate', [index + 1]) } : {}),
    facts: certificateFacts(certificate),
  }));
}

function certificateFacts(facts: CertificateFacts): Fact[] {
  const { subject, issuer, selfSigned, serialNumber, notBefore, notAfter, daysLeft } = facts;
  const left = daysLeft < 0 ? messages.getMessage('ended') : messages.getMessage('daysLeft', [daysLeft]);
  return [
    fact('subject', subject),
    fact('issuer', selfSigned ? messages.getMessage('selfSigned') : issuer),
    fact('serialNumber', serialNumber),
    fact('notBefore', notBefore),
    fact('notAfter', `${notAfter} (${left})`),
    ...keyFacts(facts.key),
    fact('fingerprint256', facts.fingerprint256),
    fact('fingerprint', facts.fingerprint),
    fact('x5t#S256', facts['x5t#S256']),
    fact('x5t', facts.x5t),
  ];
}

function protectionFacts({ integrity, encryption }: InspectedPkcs12): Fact[] {
  const mac = integrity && `HMAC-${integrity.digest}, ${messages.getMessage('iterations', [integrity.iterations])}`;
  return [
    fact('integrity', mac ?? messages.getMessage('none')),
    ...encryption.map((each) => fact('encryption', encryptionWords(each))),
  ];
}

function createdFact(created: string | undefined): Fact[] {
  return created === undefined ? [] : [fact('created', created)];
}

function storeKeySections({ alias, created, key, certificates, belongsTogether }: StoreKeyFacts): Section[] {
  const name = alias ?? messages.getMessage('unnamed');
  const [leaf, ...issuers] = certificates;
  return [
    {
      title: messages.getMessage('title.key', [name]),
      facts: [
        ...createdFact(created),
        ...(key === null || leaf !== undefined ? [] : keyFacts(key)),
        ...pairFact(belongsTogether, certificates),
        ...(leaf === undefined ? [] : certificateFacts(leaf)),
      ],
    },
    ...issuers.map((certificate) => ({
      title: messages.getMessage('title.issuer', [name]),
      facts: certificateFacts(certificate),
    })),
  ];
}

function jwtSections({ header, claims, times }: InspectedJwt): Section[] {
  const facts = (of: Record<string, unknown>): Fact[] =>
    Object.entries(of).map(([name, value]) => {
      const moment = of === claims ? (times as Partial<Record<string, string>>)[name] : undefined;
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return { name: inLine(name), value: moment === undefined ? text : `${text} (${moment})` };
    });
  return [
    { title: messages.getMessage('title.header'), facts: facts(header) },
    { title: messages.getMessage('title.claims'), facts: facts(claims) },
  ];
}
