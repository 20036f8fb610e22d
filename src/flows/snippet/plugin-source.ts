import { Failure } from '../../failure.js';
import { holdsSecret } from '../../machine/plugin-source.js';
import type { PluginSource } from './request.js';
import { word } from './word.js';

const PACKAGE = /^((?:@[\w.~-]+\/)?[\w.~-]+)@(\d+\.\d+\.\d+(?:-[\w.-]+)?)$/;
const GIT =
  /^(?:git\+(?:https|ssh):\/\/|(?:github|gitlab|bitbucket):)|^https:\/\/(?:github\.com|gitlab\.com|bitbucket\.org)\/|\.git(?:#|$)/;
const TARBALL = /^https:\/\/[^#]+\.(?:tgz|tar\.gz)$|^http:\/\/(?:localhost|127\.0\.0\.1)[:/][^#]+\.tgz$/;
const FILE = /^(?:file:)?((?!\w+:)[^@#]+\.tgz)$/;

/**
 * Reads what `--plugin-source` says: a package with its exact version, a Git address with its commit in full, the URL of a
 * packed plugin, or the path of one in the repository.
 *
 * @throws Failure `plugin_source_unpinned`, `plugin_source_unusable`, `plugin_source_secret`
 */
export function parsePluginSource(spec: string): PluginSource {
  const [, name, version] = PACKAGE.exec(spec) ?? [];
  if (name !== undefined && version !== undefined) return { kind: 'registry', name, version };
  const path = FILE.exec(spec)?.[1];
  if (path !== undefined) {
    if (/^[/~\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(path)) throw new Failure('plugin_source_unusable', { spec });
    return { kind: 'file', path: path.replace(/^\.\//, '') };
  }
  if (/^\w[\w+]*:\/\//.test(spec) && holdsSecret(spec)) throw new Failure('plugin_source_secret', {});
  if (TARBALL.test(spec)) return { kind: 'tarball', url: spec };
  const repository = GIT.test(spec)
    ? spec
    : /^[\w-]+\/[\w.-]+(?=#|$)/.test(spec)
      ? `https://github.com/${spec}`
      : undefined;
  if (repository === undefined) {
    // A package's name, alone or with a tag or range.
    const isName = /^(?:@[\w.~-]+\/)?[\w.~-]+(?:@[^/]*)?$/.test(spec);
    throw new Failure(isName ? 'plugin_source_unpinned' : 'plugin_source_unusable', { spec });
  }
  const [url = '', commit = ''] = repository.split('#');
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new Failure('plugin_source_unpinned', { spec });
  return { kind: 'git', url, commit };
}

/** The lines of a pipeline that put the plugin into the CLI; none where it can't be installed. */
export function installCommands(source: PluginSource): string[] {
  switch (source.kind) {
    case 'registry': {
      const { name, version, registry } = source;
      const from = registry === undefined ? '' : `SF_NPM_REGISTRY=${word(registry)} `;
      // The list of allowed plugins would hold the name alone, for whatever version; so the question is answered.
      return [`echo y | ${from}sf plugins install ${word(`${name}@${version}`)}`];
    }
    case 'git':
      return allowedAndInstalled(word(`${source.url}#${source.commit}`));
    case 'tarball':
      return allowedAndInstalled(word(source.url));
    case 'file':
      return allowedAndInstalled(`"file:$PWD/"${word(source.path)}`);
    case 'none':
      return [];
  }
}

/** The plugin isn't signed; on the list of allowed plugins, which holds the whole address, the CLI doesn't ask. */
function allowedAndInstalled(address: string): string[] {
  return [`sf plugins trust allowlist add --name ${address}`, `sf plugins install ${address}`];
}
