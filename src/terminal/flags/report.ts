import { Flags } from '@salesforce/sf-plugins-core';
import { isFailure } from '../../failure.js';
import type { ReportFile } from '../report/file.js';
import { explain } from '../explain.js';
import { Messages } from '../messages.js';
import { asPath } from './path.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** `--report FILE`, as often as one likes: where `finishReport` writes what the command found out. */
export const reportFlag = () =>
  Flags.custom<ReportFile>({
    multiple: true,
    parse: async (value) => {
      try {
        const path = await asPath('--report', 'output', 'refused')(value);
        // Where no report is wanted, nothing of it is loaded.
        const { reportFileAt } = await import('../report/file.js');
        return reportFileAt(path!);
      } catch (error) {
        if (!isFailure(error) || error.code !== 'report_format_unknown') throw error;
        throw Object.assign(explain(error), { exitCode: 2 });
      }
    },
  })({
    summary: messages.getMessage('flags.report.summary'),
    description: messages.getMessage('flags.report.description'),
  });
