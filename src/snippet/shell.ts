import { jobOf, SECRET, shardsOf, type Wish } from './job.js';
import { text } from './text.js';

/**
 * A script for bash, on any machine. It has a HOME of its own while it runs, so that logging out never touches the
 * logins of the machine's user, nor those of a script that runs beside it. The CLI's own key has to lie there too: a
 * keychain would be the user's, or, on macOS, not be found from another HOME.
 */
export function shellScript(wish: Wish): string {
  const shards = shardsOf(wish);
  const { install, logIn, work, logOut } = jobOf(wish, `"$1/${shards}"`);
  const [npm, ...plugin] = install.commands;
  const comment = (key: string, values: string[] = []): string[] =>
    text(key, values)
      .split('\n')
      .map((each) => `# ${each}`);
  return [
    '#!/usr/bin/env bash',
    ...comment('comment.header', [text('place.shell')]),
    'set -euo pipefail',
    `: "\${${SECRET}:?${text('missing.secret')}}"`,
    ...(shards > 1 ? [`: "\${1:?${text('missing.shard', [shards])}}"`] : []),
    '',
    ...comment('comment.home'),
    'HOME="$(mktemp -d)"',
    'export SF_USE_GENERIC_UNIX_KEYCHAIN=true HOME npm_config_prefix="$HOME/npm" PATH="$HOME/npm/bin:$PATH"',
    `trap 'rm -rf "$HOME"' EXIT`,
    '',
    ...comment('comment.logOut'),
    'log_out() {',
    '  status=$?',
    ...logOut.commands.map((command) => `  ${command} || status=1`),
    '  rm -rf "$HOME"',
    '  exit "$status"',
    '}',
    '',
    `command -v sf >/dev/null || ${npm ?? ''}`,
    ...plugin,
    'trap log_out EXIT',
    ...logIn.commands,
    ...comment(wish.fleet === undefined ? 'comment.deploy' : 'comment.work'),
    ...work.commands,
    '',
  ].join('\n');
}
