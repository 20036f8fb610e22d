/**
 * A text as a SOQL literal, quotes and all.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
 */
export function soqlLiteral(text: string): string {
  const escaped = text.replace(/[\\'"\n\r\t\f\b]/g, (character) => ESCAPES[character] ?? character);
  return `'${escaped}'`;
}

/** Several texts for `IN`. */
export function soqlList(texts: string[]): string {
  return `(${texts.map(soqlLiteral).join(', ')})`;
}

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};
