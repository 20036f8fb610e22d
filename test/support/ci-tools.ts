/** Stand-ins for the tools by which CIs keep secrets. Each keeps what it is given, and what others could see of its call. */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** As `gh` behaves, from its manual and source: silent when it's no terminal, exit code 4 without a login. */
const GH = `#!/bin/bash
printf '%s\\n' "$*" >>"$TOOL_STATE/calls"
tr '\\0' '\\n' <"/proc/$$/cmdline" >>"$TOOL_STATE/visible"
tr '\\0' '\\n' <"/proc/$$/environ" >>"$TOOL_STATE/visible"
if [ -e "$TOOL_STATE/logged-out" ]; then
  echo 'To get started with GitHub CLI, please run:  gh auth login' >&2; exit 4
fi
app=actions; name=$3
while [ $# -gt 0 ]; do case "$1" in --app) app=$2 ;; esac; shift; done
case "$(tail -n 1 "$TOOL_STATE/calls")" in
  'secret list '*)
    printf '['; cat "$TOOL_STATE/$app.json" 2>/dev/null; printf ']\\n' ;;
  'secret set '*)
    if [ -e "$TOOL_STATE/refuses-$app" ]; then echo 'failed to fetch public key: HTTP 404: Not Found' >&2; exit 1; fi
    [ -t 0 ] && exit 3
    if [ -e "$TOOL_STATE/kills-before-$app" ]; then rm "$TOOL_STATE/kills-before-$app"; kill -9 $PPID; exit 1; fi
    cat >"$TOOL_STATE/$app.value"
    printf '{"name":"%s","updatedAt":"%s"}' "$name" "$(date -u +%FT%TZ)" >"$TOOL_STATE/$app.json"
    if [ -e "$TOOL_STATE/kills-after-$app" ]; then rm "$TOOL_STATE/kills-after-$app"; kill -9 $PPID; fi ;;
  *) echo "unknown command" >&2; exit 1 ;;
esac
`;

/** Another tool: lists nothing, and keeps what it is given, through standard input or the variable that `az` reads. */
const OTHER = `#!/bin/bash
printf '%s %s\\n' "\${0##*/}" "$*" >>"$TOOL_STATE/calls"
tr '\\0' '\\n' <"/proc/$$/cmdline" >>"$TOOL_STATE/visible"
value=$(cat)
value=\${value:-$AZURE_DEVOPS_EXT_PIPELINE_VAR_SF_JWT_KEY}
case "$*" in
  *list-credentials*) echo '<list/>' ;;
  *list*) echo '[]' ;;
  *) printf '%s' "$value" >"$TOOL_STATE/stored" ;;
esac
`;

/** Stand-ins for the tools of other CIs: `glab`, `az` and Jenkins's client in Java. */
export class OtherTools {
  private constructor(private readonly folder: string) {}

  public static async in(folder: string): Promise<OtherTools> {
    await mkdir(folder, { recursive: true });
    for (const name of ['glab', 'az', 'java']) await writeFile(join(folder, name), OTHER, { mode: 0o755 });
    return new OtherTools(folder);
  }

  public get env(): Record<string, string> {
    return { PATH: [this.folder, process.env['PATH'] ?? ''].join(delimiter), TOOL_STATE: this.folder };
  }

  /** The value as it was given last. */
  public stored(): Promise<string> {
    return readFile(join(this.folder, 'stored'), 'utf8');
  }

  /** The arguments of all calls. */
  public visible(): Promise<string> {
    return readFile(join(this.folder, 'visible'), 'utf8');
  }
}

export class FakeGh {
  private constructor(private readonly folder: string) {}

  /** @param folder where the stand-in and its state lie */
  public static async in(folder: string): Promise<FakeGh> {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'gh'), GH, { mode: 0o755 });
    return new FakeGh(folder);
  }

  /** What a command needs to find it, before any other. */
  public get env(): Record<string, string> {
    return { PATH: [this.folder, process.env['PATH'] ?? ''].join(delimiter), TOOL_STATE: this.folder };
  }

  /** The arguments of each call. */
  public async calls(): Promise<string[]> {
    return existsSync(join(this.folder, 'calls')) ? (await this.read('calls')).trimEnd().split('\n') : [];
  }

  /** The calls that change something. */
  public async sets(): Promise<string[]> {
    return (await this.calls()).filter((call) => call.startsWith('secret set'));
  }

  /** The secret as it was given, byte for byte. */
  public value(app: 'actions' | 'dependabot'): Promise<string> {
    return this.read(`${app}.value`);
  }

  /** What other users or the same one could see of its calls: arguments and environment. */
  public visible(): Promise<string> {
    return this.read('visible');
  }

  /** A secret that somebody else has set. */
  public async keep(app: 'actions' | 'dependabot', name = 'SF_JWT_KEY'): Promise<void> {
    await writeFile(join(this.folder, `${app}.json`), `{"name":"${name}","updatedAt":"2020-01-01T00:00:00Z"}`);
  }

  public async forget(app: 'actions' | 'dependabot'): Promise<void> {
    await rm(join(this.folder, `${app}.json`));
  }

  /** `logged-out`, and for each app `refuses-…`, and `kills-before-…`, `kills-after-…`: who called it, once. */
  public async switch(name: string, on = true): Promise<void> {
    if (on) await appendFile(join(this.folder, name), '');
    else await rm(join(this.folder, name), { force: true });
  }

  private read(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8');
  }
}
