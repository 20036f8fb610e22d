/**
 * An argument as a person can paste it into the shell of the platform: unchanged when that is safe, else in quotes.
 * Windows file names can't hold the double quotes that are used there.
 */
export function shellQuote(argument: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return /^[\w.:\\/~+,@-]+$/.test(argument) ? argument : `"${argument}"`;
  return /^[\w./:+,@%=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
