import type { Output } from '../output.js';
import type { ReportFile } from './file.js';
import type { Report } from './report.js';

/** Whether a report is to be made, for commands that keep something for it while they go on. */
export function isReportWanted(files: readonly ReportFile[] | undefined, environment: NodeJS.ProcessEnv): boolean {
  return (files ?? []).length > 0 || summaryOf(environment) !== undefined;
}

/** Where GitHub Actions takes the summary of a step. */
function summaryOf(environment: NodeJS.ProcessEnv): string | undefined {
  return environment['GITHUB_ACTIONS'] === 'true' ? environment['GITHUB_STEP_SUMMARY'] || undefined : undefined;
}

/**
 * Writes the report to the files that were asked for and, in GitHub Actions, to the summary of the step; where neither is
 * wanted, none is made. A file that can't be written is a warning, and the exit code 1 where it was 0: what the command did stands.
 */
export async function finishReport(
  output: Output,
  files: readonly ReportFile[] | undefined,
  make: () => Report | Promise<Report>,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const wanted = files ?? [];
  const summary = summaryOf(environment);
  if (wanted.length === 0 && summary === undefined) return;
  // What writes is loaded where something is written.
  const { writeReport } = await import('./write.js');
  if (!writeReport(output, { files: wanted, summary }, await make())) process.exitCode ||= 1;
}
