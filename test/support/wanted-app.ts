import { createHash } from 'node:crypto';
import type { WantedApp } from '../../src/salesforce/app/app.js';

/** Stands for a certificate where only its bytes count. */
export function certificateNamed(name: string): WantedApp['certificate'] {
  const der = Buffer.from(`the certificate ${name}`);
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const digits = createHash('sha256').update(der).digest('hex').toUpperCase();
  return { pem, der, fingerprint256: digits.match(/../g)!.join(':') };
}

/** An app of which nothing is asked but what `wish` says. */
export function wantedApp(wish: Partial<WantedApp> = {}): WantedApp {
  return {
    name: 'JwtBearer',
    label: undefined,
    contactEmail: undefined,
    callbackUrl: undefined,
    certificate: certificateNamed('one'),
    scopes: [],
    permissionSets: [],
    profiles: [],
    adminApproved: undefined,
    ipRelaxation: undefined,
    ...wish,
  };
}
