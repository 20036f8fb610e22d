import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { PROBES } from '../conformance/probes/index.js';
import type { Recording } from '../conformance/recording.js';
import { EVIDENCE, type Evidence, WITHOUT_PROBE } from '../test/emulator/evidence.js';
import { settledBy } from '../test/emulator/like.js';
import { describeChoice, SETTINGS } from '../test/emulator/settings.js';
import { DEFAULT_SWITCHES, type Switches } from '../test/emulator/switches.js';
import { settingText, switchNames } from '../test/emulator/switches-table.js';

export const RECORDINGS = 'conformance/recordings';

const INTRODUCTION = `# On what the local org stands

The tests, the demo and the recipes of this project run against the [local org](../test/emulator). **No real Salesforce org was
met**: what is known of real ones was recorded, reported or documented by others, and this page says by whom. Where real orgs
differ, or nobody has told, the local org has a switch. \`npm run emulator -- --switches\` prints the same table, and
\`npm run emulator -- --like FILE\` sets the switches to what a recording settles. The last column names the probe of the
conformance kit that settles a switch at a real org (\`npm run conformance -- --list\`), or says why there is none.

This page is made of [evidence.ts](../test/emulator/evidence.ts) and the recordings by \`npm run generate\`.
`;

const SECTIONS: readonly [Evidence, title: string, meaning: string][] = [
  ['recorded', 'Seen on real orgs', 'Recorded output, or code that is known to run against real orgs.'],
  ['reported', 'Reported', 'What people wrote about their orgs, without the answers themselves.'],
  ['documented', 'Documented', 'What Salesforce says in its documentation.'],
  ['inferred', 'Inferred', 'What follows from the rest, or is the more careful guess. The first to be wrong.'],
  ['chosen', 'Chosen', 'No claim about real orgs: durations, outages and limits, as a test wants them.'],
];

/** The text of `docs/evidence.md`, before Prettier. Run in the project's folder. */
export function evidencePage(): string {
  const sections = SECTIONS.map(([stands, title, meaning]) => {
    const names = switchNames().filter((name) => EVIDENCE[name].stands === stands);
    return `## ${title}\n\n${meaning}\n\n${table(HEAD, names.map(rowOf))}`;
  });
  return [INTRODUCTION, ...sections, recordings()].join('\n');
}

const HEAD = ['Switch', 'Default', 'Otherwise', 'Observation', 'By whom', 'Probe'];

function rowOf(name: keyof Switches): string[] {
  const { observation, sources } = EVIDENCE[name];
  const choice = SETTINGS[name];
  const byDefault = DEFAULT_SWITCHES[name];
  const others = 'fits' in choice ? choice.described : describeChoice(choice.filter((side) => side !== byDefault));
  return [
    `\`${name}\``,
    settingText(byDefault),
    others,
    observation,
    sources.join(', '),
    probesOf(name) || (WITHOUT_PROBE[name] ?? ''),
  ];
}

/** The probes of the conformance kit that tell the settings of a switch apart. */
function probesOf(name: keyof Switches): string {
  const telling = PROBES.filter(({ questions }) => questions.some(({ switches }) => switches?.includes(name)));
  return telling.map((probe) => `\`${probe.name}\``).join(', ');
}

function recordings(): string {
  const names = readdirSync(RECORDINGS).filter((name) => name.endsWith('.json'));
  const rows = names.sort().flatMap((name) => {
    const file = join(RECORDINGS, name);
    const { source, origin, date, org, probes } = JSON.parse(readFileSync(file, 'utf8')) as Recording;
    // What the local org said of itself is no evidence.
    if (org.local === true) return [];
    const settles = switchNames().filter((each) => each in settledBy(file).switches);
    const settled = settles.map((each) => `\`${each}\``).join(', ') || 'no switch';
    const exchanges = probes.flatMap((probe) => probe.exchanges).length;
    const by = origin ?? (source === 'kit' ? 'the conformance kit' : '');
    return [[`[${name}](../${RECORDINGS}/${name})`, org.kind, date, String(exchanges), settled, by]];
  });
  const head = ['Recording', 'Org', 'Day', 'Answers', 'Settles', 'By whom'];
  const left = LEFT_OUT.map((each) => `- ${each}\n`).join('');
  return `## Recordings

Answers of real orgs, with placeholders for whatever names somebody. A test asks the local org the same, and its answers have
the same status, the same shape, and the same words where they are fixed.

${table(head, rows)}
What else was published is no recording:

${left}`;
}

/** Published answers that aren't whole enough to be asked for again. */
const LEFT_OUT = [
  'results of deployments that the Salesforce CLI printed (2024, 2026): it makes lists and types of its own of them first',
  'what the CLI prints of failed logins (forcedotcom/cli#3482): words without their statuses',
  'a refusal of the password grant (omniphx/forrest#274), which nothing here asks for',
  '"Audience validation failed", which is an example in the documentation; what people got is "audience is invalid"',
];

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(inCell).join(' | ')} |\n`).join('');
}

const inCell = (text: string): string => text.replaceAll('|', '\\|');
