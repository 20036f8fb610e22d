/** Shorter texts than this stand in other words as well. */
const SHORTEST = 8;

/**
 * All forms in which a private key may come to a log: its lines, as it was given, with its line ends escaped or gone, in
 * base64. A mask of several lines hides each of them.
 *
 * @param given the key as the input has it
 * @param pem the same as PEM, once it could be read
 */
export function formsOfKey(given: string, pem?: string): string[] {
  const texts = [given, ...(pem === undefined ? [] : [pem, pem.trimEnd()])];
  const forms = texts.flatMap((text) => {
    const escaped = text.replaceAll('\r', String.raw`\r`).replaceAll('\n', String.raw`\n`);
    const plain = text.replaceAll(String.raw`\n`, '\n');
    const body = plain.replace(/-----[^-]+-----/g, '').replace(/\s+/g, '');
    const base64 = Buffer.from(text).toString('base64');
    return [
      ...linesOf(plain),
      escaped,
      body,
      base64,
      ...linesOf(base64.replace(/.{76}/g, '$&\n')),
      encodeURIComponent(text),
    ];
  });
  return [...new Set(forms.map((form) => form.trim()))].filter(
    (form) => form.length >= SHORTEST && !/^-----[^-]+-----$/.test(form),
  );
}

/** A secret and how it stands in a URL and in JSON. */
export function formsOfSecret(secret: string): string[] {
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])];
}

const linesOf = (text: string): string[] => text.split(/[\r\n]+/);
