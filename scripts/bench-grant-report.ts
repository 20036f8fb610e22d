import { SF_CLI_VERSION } from '../test/support/sf-cli.js';
import { machine, median } from './bench-figures.js';

/** What was measured of one contestant in one row, run by run. `strangers`: other hosts that it tried to reach. */
export type Figures = { times: number[]; requests: number[]; tokens: number[]; strangers: number[] };

/** `log`: with the log file as users have it, or with `SF_DISABLE_LOG_FILE=true`. */
export type Row = { scenario: string; latency: number; log: boolean; ours: Figures; theirs: Figures };

/** The part of docs/benchmarks.md about `jwt grant`. */
export function grantMarkdown(rows: Row[], runs: number): string {
  return `## \`sf jwt grant\` and \`sf org login jwt\`

Both ran in the same Salesforce CLI ${SF_CLI_VERSION}, as processes of their own, ${runs} times each per row after one run that
wasn't counted, taking turns. The org is the local one of this repository; every answer of it came after the latency of
the row. The plugin was installed with \`sf plugins install\` from the packed tarball. Nothing could leave the machine: an
attempt to reach another host failed at once, without the time that it takes in a real network, which favours the
command that tries. Write these figures again with \`npm run bench -- grant\`.

Most of the wall time is Node.js loading modules. The plugin is packed as a few files, of which a command runs only what it uses
(\`scripts/bundle\`). "Log file" says whether both had it, as users do, or ran with \`SF_DISABLE_LOG_FILE=true\`. The CLI starts a worker
for it with every command, its own or a plugin's, and its process can't end before the worker has seen that it should: it looks 1, 2, 4, 8, … 512
milliseconds after the look before. So a process ends at steps, here at about 0.52, 0.78 and 1.29 s, whatever it has done in between.

Machine: ${machine()}.

### Wall time of the whole process, in milliseconds

| Case | Latency | Log file | \`jwt grant\` median (min–max) | \`org login jwt\` median (min–max) | ours / theirs |
|---|---:|---|---:|---:|---:|
${rows.map(timeLine).join('\n')}

### Requests

| Case | Latency | Log file | \`jwt grant\`: all / token | \`org login jwt\`: all / token | other hosts tried: ours | theirs |
|---|---:|---|---:|---:|---:|---:|
${rows.map(requestLine).join('\n')}
`;
}

function timeLine({ scenario, latency, log, ours, theirs }: Row): string {
  const ratio = (median(ours.times) / median(theirs.times)).toFixed(2);
  return `| ${scenario} | ${latency} ms | ${log ? 'yes' : 'no'} | ${spread(ours.times)} | ${spread(theirs.times)} | ${ratio} |`;
}

function requestLine({ scenario, latency, log, ours, theirs }: Row): string {
  const both = ({ requests, tokens }: Figures): string => `${range(requests)} / ${range(tokens)}`;
  return `| ${scenario} | ${latency} ms | ${log ? 'yes' : 'no'} | ${both(ours)} | ${both(theirs)} | ${range(ours.strangers)} | ${range(theirs.strangers)} |`;
}

const spread = (times: number[]): string =>
  `${Math.round(median(times))} (${Math.round(Math.min(...times))}–${Math.round(Math.max(...times))})`;

function range(counts: number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least}–${most}`;
}
