/**
 * A stand-in of the `aws` CLI for AWS KMS, written from what versions 1 and 2 do.
 *
 * @see https://docs.aws.amazon.com/cli/latest/reference/kms/sign.html
 */
import type { AwsService } from './aws-service.js';
import type { Fault } from './keys.js';
import { ended, failed, parseCall, type StandInTool, type ToolEnd, type ToolRun } from './tool.js';

const FLAGS = {
  'sign': ['--key-id', '--message', '--message-type', '--signing-algorithm'],
  'get-public-key': ['--key-id'],
  'create-key': ['--key-spec', '--key-usage'],
  'create-alias': ['--alias-name', '--target-key-id'],
} as const;
const EVERYWHERE = ['--region', '--output', '--endpoint-url'];

const pascal = (words: string): string => words.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

export class AwsTool implements StandInTool {
  public readonly program = 'aws';
  public readonly calls: string[][] = [];
  public fault: Fault | undefined;
  /** What it says in the place of everything else, and the exit code with it */
  public complaint: [status: number, words: string] | undefined;
  /** The token of a CI's job for which a role is given */
  public idToken: string | undefined;

  public constructor(
    public readonly service: AwsService,
    private readonly version: 1 | 2 = 2,
  ) {}

  public async run({ args, env, readFile }: ToolRun): Promise<ToolEnd> {
    this.calls.push(args);
    if (this.complaint !== undefined) return failed(...this.complaint);
    const code = (of2: number): number => (this.version === 1 ? 255 : of2);
    const operation = args[1] as keyof typeof FLAGS;
    if (args[0] !== 'kms' || !(operation in FLAGS)) return failed(code(252), 'Invalid choice');
    const { flags } = parseCall(args.slice(2), [...FLAGS[operation], ...EVERYWHERE]);
    if (!flags.has('--region') && env['AWS_DEFAULT_REGION'] === undefined)
      return failed(
        code(253),
        '\nYou must specify a region. You can also configure your region by running "aws configure".\n',
      );
    if (env['AWS_ACCESS_KEY_ID'] === undefined && !(await this.isTrusted(env, readFile)))
      return failed(
        code(253),
        '\nUnable to locate credentials. You can configure credentials by running "aws configure".\n',
      );
    const input = await this.inputOf(operation, flags, readFile);
    const { status, body } = this.service.answer(pascal(operation), input);
    const { __type: type, message } = body as { __type?: string; message?: string };
    if (status !== 200)
      return failed(
        code(254),
        `\nAn error occurred (${type}) when calling the ${pascal(operation)} operation: ${message}\n`,
      );
    if (operation === 'create-alias') return ended('');
    return ended(this.fault === 'garbage' ? 'Welcome!\n' : `${JSON.stringify(body, undefined, 4)}\n`);
  }

  /** Whether the role is taken on with the token of the job, which the variables lead to. */
  private async isTrusted(env: ToolRun['env'], readFile: ToolRun['readFile']): Promise<boolean> {
    const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env;
    if (file === undefined || role === undefined || this.idToken === undefined) return false;
    return (await readFile(file)).toString() === this.idToken && /^arn:aws:iam::\d{12}:role\/salesforce-ci$/.test(role);
  }

  private async inputOf(
    operation: keyof typeof FLAGS,
    flags: Map<string, string>,
    readFile: ToolRun['readFile'],
  ): Promise<Record<string, string>> {
    const own = FLAGS[operation].filter((flag) => flags.has(flag));
    const entries = own.map(async (flag): Promise<[string, string]> => {
      const value = flags.get(flag)!;
      const name = pascal(flag.slice(2));
      if (flag !== '--message') return [name, value];
      if (value.startsWith('fileb://'))
        return [name, (await readFile(value.slice('fileb://'.length))).toString('base64')];
      // A plain text is base64 for version 2, whatever it is.
      return [name, this.version === 2 ? value : Buffer.from(value).toString('base64')];
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}
