import type { Exchange, Json, RecordedAnswer } from './recording.js';

/** What became of a deployment, as far as questions look at it. */
export interface Deployed {
  success: boolean;
  /** Words of the components that were refused, or of the refusal of the whole. */
  problems: string[];
}

/** The recorded answers of one probe by the labels of their requests, placeholders and all. */
export class Answers {
  public constructor(private readonly exchanges: readonly Exchange[]) {}

  public get labels(): string[] {
    return this.exchanges.map(({ label }) => label);
  }

  public get(label: string): Exchange | undefined {
    return this.exchanges.find((exchange) => exchange.label === label);
  }

  public answer(label: string): RecordedAnswer | undefined {
    return this.get(label)?.answer;
  }

  public status(label: string): number | undefined {
    return this.answer(label)?.status;
  }

  public json(label: string): Json | undefined {
    const body = this.answer(label)?.body;
    return body?.type === 'json' ? body.json : undefined;
  }

  /** Text of the first element of this name in an answer in XML or in its files; undefined if there is none. */
  public element(label: string, name: string): string | undefined {
    const body = this.answer(label)?.body;
    const texts = body?.type === 'files' ? Object.values(body.files) : body?.type === 'xml' ? [body.text] : [];
    const pattern = new RegExp(`<${name}(?:\\s[^>]*)?(?:/>|>([^<]*)</${name}>)`);
    for (const text of texts) {
      const found = pattern.exec(text);
      if (found) return unescaped(found[1] ?? '');
    }
    return undefined;
  }

  /** `granted`, or the words of the refusal as `error: description`. */
  public grant(label: string): string | undefined {
    const status = this.status(label);
    if (status === undefined) return undefined;
    if (status === 200) return 'granted';
    return oauthError(this.json(label)) ?? `status ${status}`;
  }

  /** How a deployment ended, or why it was not accepted. */
  public deployed(label: string): Deployed | undefined {
    const ended = this.member(`${label}: end`, 'deployResult');
    if (ended !== undefined) return endOf(ended);
    const status = this.status(label);
    if (status === undefined || status === 201) return undefined;
    return { success: false, problems: restErrors(this.json(label)) };
  }

  /** The error codes of a REST answer, or undefined if it was none. */
  public restErrorCode(label: string): string | undefined {
    const json = this.json(label);
    const first = Array.isArray(json) ? json[0] : undefined;
    return memberText(first, 'errorCode');
  }

  /** `records` of a query. */
  public records(label: string): Json[] | undefined {
    const records = this.member(label, 'records');
    return Array.isArray(records) ? records : undefined;
  }

  public member(label: string, name: string): Json | undefined {
    return memberOf(this.json(label), name);
  }

  public text(label: string, name: string): string | undefined {
    return memberText(this.json(label), name);
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string): string =>
  text.replaceAll(/&(amp|lt|gt|quot|apos);/g, (whole, name: string) => ENTITIES[name] ?? whole);

export function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return value[name];
}

export function memberText(value: Json | undefined, name: string): string | undefined {
  const found = memberOf(value, name);
  return typeof found === 'string' ? found : undefined;
}

export function oauthError(json: Json | undefined): string | undefined {
  const error = memberText(json, 'error');
  const description = memberText(json, 'error_description');
  return error === undefined ? undefined : `${error}: ${description ?? ''}`;
}

function restErrors(json: Json | undefined): string[] {
  return (Array.isArray(json) ? json : []).map(
    (entry) => `${memberText(entry, 'errorCode') ?? ''}: ${memberText(entry, 'message') ?? ''}`,
  );
}

function endOf(result: Json): Deployed {
  const failures = [memberOf(memberOf(result, 'details'), 'componentFailures') ?? []].flat();
  const own = memberText(result, 'errorMessage');
  const problems = failures.map((failure) => memberText(failure, 'problem') ?? '');
  return { success: memberOf(result, 'success') === true, problems: own === undefined ? problems : [own, ...problems] };
}
