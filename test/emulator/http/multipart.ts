export interface Part {
  name: string;
  filename: string | undefined;
  contentType: string;
  body: Buffer;
}

/** multipart/form-data (RFC 7578), parts in the order in which they came. */
export function parseMultipart(contentType: string, body: Buffer): Part[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return [];
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let start = body.indexOf(delimiter);
  while (start >= 0) {
    const end = body.indexOf(delimiter, start + delimiter.length);
    if (end < 0) break;
    const part = parsePart(body.subarray(start + delimiter.length, end));
    if (part) parts.push(part);
    start = end;
  }
  return parts;
}

function parsePart(raw: Buffer): Part | undefined {
  const headerEnd = raw.indexOf('\r\n\r\n');
  if (headerEnd < 0) return undefined;
  const headers = raw.subarray(0, headerEnd).toString();
  const name = /;\s*name="([^"]*)"/i.exec(headers)?.[1];
  if (name === undefined) return undefined;
  return {
    name,
    filename: /;\s*filename="([^"]*)"/i.exec(headers)?.[1],
    contentType: /^content-type:\s*([^\r\n;]+)/im.exec(headers)?.[1]?.trim() ?? 'text/plain',
    // The line break before the next delimiter belongs to the delimiter.
    body: raw.subarray(headerEnd + 4, raw.length - 2),
  };
}
