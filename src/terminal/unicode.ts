/** Terminals of Windows that show more than the characters of an old code page. */
const WINDOWS_TERMINALS = ['WT_SESSION', 'TERM_PROGRAM', 'ConEmuTask', 'TERMINUS_SUBLIME', 'CI'];

/** Whether a terminal shows lines and dots of Unicode, as far as its environment tells. */
export function hasUnicode(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  const terminal = environment['TERM'] ?? '';
  if (platform === 'win32')
    return WINDOWS_TERMINALS.some((name) => environment[name]) || /^(xterm-256color|alacritty|cygwin)/.test(terminal);
  // The console of a Linux machine has a font of 512 characters.
  if (terminal === 'linux' || terminal === 'dumb') return false;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'];
  return locale === undefined || locale === '' || /utf-?8/i.test(locale);
}
