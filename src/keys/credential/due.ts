import { endsWithin, type Certificate } from './certificate.js';

/** When a certificate is due for renewal: with so many days left, or with such a share of its life used up, in per cent. */
export type Due = { days: number } | { usedPercent: number };

/** Whether it's due; the very last moment before counts as due, and so does an end. */
export function isDue(
  { notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>,
  due: Due,
  now: Date,
): boolean {
  if ('days' in due) return endsWithin(notAfter, due.days, now);
  const life = notAfter.getTime() - notBefore.getTime();
  const used = now.getTime() - notBefore.getTime();
  return notAfter <= now || used >= (life * due.usedPercent) / 100;
}
