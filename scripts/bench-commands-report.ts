import { SF_CLI_VERSION } from '../test/support/sf-cli.js';
import { machine, median } from './bench-figures.js';

/** What was measured of one command with one build of the plugin: seconds run by run, and modules loaded. */
export type BuildFigures = { cpu: number[]; wall: number[]; modules?: { all: number; ours: number } };

/** Of this build, and of the earlier one where there is one. */
export type CommandFigures = { name: string; builds: BuildFigures[] };

/** What a command is held to: at most so many times the processor time of another one, or of itself before. */
const BOUNDS: Record<string, { of: string; atMost: number }> = {
  'jwt list': { of: 'sf org list', atMost: 0.9 },
  'jwt keygen': { of: 'sf --version', atMost: 2.2 },
  'jwt sign': { of: 'sf --version', atMost: 2.2 },
  'jwt inspect': { of: 'sf --version', atMost: 2.2 },
  'jwt snippet': { of: 'sf --version', atMost: 2.2 },
  'jwt token': { of: 'jwt grant', atMost: 1 },
  'jwt revoke': { of: 'jwt grant', atMost: 1 },
  'jwt grant': { of: 'sf org login jwt', atMost: 1 },
};

/** The part of docs/benchmarks.md about what every command costs. */
export function commandsMarkdown(figures: CommandFigures[], runs: number): string {
  const compared = figures.every(({ builds }) => builds.length > 1);
  return `## Every command

All in the Salesforce CLI ${SF_CLI_VERSION} with the plugin installed from the packed tarball, each ${runs} times as a process of its
own after one run that wasn't counted, taking turns; medians. CPU time is the system's own count, user and system together, which
other work on the machine hardly changes. The org is the local one of this repository and answers at once, and the CLI writes no log file (\`SF_DISABLE_LOG_FILE=true\`). \`jwt keygen\` makes a
key of 2048 bits, which takes longer at one time than at another. Modules are those that the whole process loaded, and those of
the plugin among them.${compared ? ' "Before" is the plugin as it was when only `jwt grant` was packed.' : ''} Write these figures again with \`npm run bench -- commands\`${compared ? ' (and \`--before TARBALL\`)' : ''}.

Machine: ${machine()}.

| Command | CPU time | Wall time | Modules: all / ours | CPU time / that of | Bound |${compared ? ' CPU time before | now / before | Modules before |' : ''}
|---|---:|---:|---:|---:|---:|${compared ? '---:|---:|---:|' : ''}
${figures.map((each) => line(each, figures, compared)).join('\n')}
`;
}

function line({ name, builds: [now, before] }: CommandFigures, all: CommandFigures[], compared: boolean): string {
  const seconds = (values: number[]): string => `${median(values).toFixed(2)} s`;
  const modules = ({ modules: counted }: BuildFigures): string =>
    counted === undefined ? '' : `${counted.all} / ${counted.ours}`;
  const bound = BOUNDS[name];
  const other = all.find((each) => each.name === bound?.of)?.builds[0];
  const ratio = other === undefined ? '' : `${(median(now!.cpu) / median(other.cpu)).toFixed(2)} × \`${bound!.of}\``;
  const cells = [
    `\`${name}\``,
    seconds(now!.cpu),
    seconds(now!.wall),
    modules(now!),
    ratio,
    bound === undefined ? '' : String(bound.atMost),
  ];
  if (compared && before !== undefined)
    cells.push(seconds(before.cpu), (median(now!.cpu) / median(before.cpu)).toFixed(2), modules(before));
  return `| ${cells.join(' | ')} |`;
}
