import { stripVTControlCharacters } from 'node:util';

/** What differs from one run of the demo to the next. */
type RunValues = { home: string; url: string; clientId: string; orgId: string };

/** The output of a run with the values that the documentation uses as examples, so that every run reads alike. */
export function withExampleValues(output: string, { home, url, clientId, orgId }: RunValues): string {
  return output
    .replaceAll(home, '/home/dev')
    .replaceAll(url, 'https://example.my.salesforce.com')
    .replaceAll(clientId, '3MVG9exampleClientId')
    .replaceAll(orgId, '00Dxx0000000001EAA')
    .replaceAll(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, Array.from({ length: 8 }, () => '4F:6B:1A:C3').join(':'))
    .replaceAll(/\d{4}-\d{2}-\d{2} \(in/g, '2027-11-26 (in');
}

/**
 * A README in which the text between `<!-- output -->` and `<!-- outputstop -->` is that of the `sf` commands in a run.
 *
 * @throws Error if the README has no such markers
 */
export function readmeWith(readme: string, output: string): string {
  const commands = stripVTControlCharacters(output)
    // Where this checkout lies in a temporary folder, so does the key.
    .replaceAll(/^Warning: The private key is in a temporary folder\..*\n/gm, '')
    .split(/^(?=\$ )/m)
    .filter((part) => part.startsWith('$ sf '))
    .map((part) => part.trim());
  const markers = /(<!-- output -->\n)[\s\S]*(<!-- outputstop -->)/;
  if (!markers.test(readme)) throw new Error('The README has no <!-- output --> and <!-- outputstop -->.');
  return readme.replace(
    markers,
    (_, begin: string, end: string) => `${begin}\n\`\`\`console\n${commands.join('\n\n')}\n\`\`\`\n\n${end}`,
  );
}
