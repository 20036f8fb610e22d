import { SF_CLI_VERSION } from '../test/support/sf-cli.js';
import { machine, median } from './bench-figures.js';

/** What was measured of one contestant, run by run: seconds, seconds of all its processes, requests for each org, failed logins. */
export type FleetFigures = { contestant: string; wall: number[]; cpu: number[]; requests: number[]; failed: number[] };

/** Peaks of resident memory in MiB, run by run, with so many orgs. */
export type MemoryFigure = { size: number; peaks: number[] };

/** The part of docs/benchmarks.md about `jwt fleet grant`. The first figures are ours. */
export function fleetMarkdown(
  figures: FleetFigures[],
  memory: MemoryFigure[],
  { orgs, latency }: { orgs: number; latency: number },
): string {
  const [ours] = figures;
  return `## \`sf jwt fleet grant\`, and loops of \`sf org login jwt\`

The same ${orgs} logins in three ways: \`sf jwt fleet grant\` with its default of 8 at a time; a shell loop that runs
\`sf org login jwt\` for one org after the other; and \`xargs -P8\`, which runs eight of them at a time. All in the Salesforce
CLI ${SF_CLI_VERSION} with the plugin installed from the packed tarball, each run from the start of the first process to the end of
the last, with no login stored before. The orgs are local ones of this repository, all in one process of the same machine;
every answer of them comes after ${latency} ms. CPU time is that of the contestant's processes, not of the orgs. Write these figures
again with \`npm run bench -- fleet\`.

${failures(figures)}Machine: ${machine()}.

### ${orgs} orgs at ${latency} ms

| | Runs | Wall time, median (min–max) | CPU time | Requests for each org | Failed logins | Wall time / ours | CPU time / ours |
|---|---:|---:|---:|---:|---:|---:|---:|
${figures.map((each) => line(each, ours!)).join('\n')}

### Peak memory of \`jwt fleet grant\`

| Orgs | Resident memory, median | More for each org beyond ${memory[0]?.size ?? 0} |
|---:|---:|---:|
${memory.map((each) => memoryLine(each, memory[0]!)).join('\n')}
`;
}

function line({ contestant, wall, cpu, requests, failed }: FleetFigures, ours: FleetFigures): string {
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  const range = `${seconds(median(wall))} (${Math.min(...wall).toFixed(1)}–${Math.max(...wall).toFixed(1)})`;
  const ratios = [median(wall) / median(ours.wall), median(cpu) / median(ours.cpu)].map((ratio) => ratio.toFixed(1));
  const name = contestant.startsWith('jwt') ? `\`${contestant}\`` : contestant;
  return `| ${[name, wall.length, range, seconds(median(cpu)), median(requests).toFixed(1), failed.join(', '), ...ratios].join(' | ')} |`;
}

function memoryLine({ size, peaks }: MemoryFigure, smallest: MemoryFigure): string {
  const more = (median(peaks) - median(smallest.peaks)) / (size - smallest.size);
  return `| ${size} | ${median(peaks).toFixed(0)} MiB | ${size === smallest.size ? '' : `${more.toFixed(2)} MiB`} |`;
}

function failures(figures: FleetFigures[]): string {
  if (figures.every(({ failed }) => failed.every((count) => count === 0))) return '';
  return `A failed login is one that left no entry in the auth store. Logins of the CLI itself that run at the same time now and
then read a file of the store while another one has it half written, and end with "SyntaxError: Unterminated string in JSON".

`;
}
