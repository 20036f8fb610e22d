/** Milliseconds */
export const DAY = 86_400_000;

/** The days of a certificate. */
export type CertificateLife = { notBefore?: Date | undefined; notAfter: Date };

/** Whole days until the end; negative after it. */
export function daysLeft({ notAfter }: CertificateLife, now: Date): number {
  return Math.floor((notAfter.getTime() - now.getTime()) / DAY);
}

/** The share of its life that is used up, in whole per cent: 0 before it begins, above 100 after its end; undefined if its beginning isn't known. */
export function lifeUsed({ notBefore, notAfter }: CertificateLife, now: Date): number | undefined {
  if (notBefore === undefined) return undefined;
  const life = notAfter.getTime() - notBefore.getTime();
  if (life <= 0) return undefined;
  return Math.max(0, Math.floor(((now.getTime() - notBefore.getTime()) / life) * 100));
}
