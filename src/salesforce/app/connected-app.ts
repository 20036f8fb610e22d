import type { Connection } from '@salesforce/core';
import { CALLBACK_URL, type AppPlan, type AppReading, type Change, type NewApp, type WantedApp } from './app.js';
import { certificateField } from './certificate-field.js';
import type { Component } from './component.js';
import { isTrue, listOf } from './field.js';
import { fieldAt, missingFrom, plainField, planFrom, type DesiredField } from './plan.js';
import { findListed, readListed } from './read.js';

const TYPE = 'ConnectedApp';

/** The server refuses a client id for an app that exists, and never gives the secret out. */
const NEVER_SENT = {
  [TYPE]: [
    ['oauthConfig', 'consumerKey'],
    ['oauthConfig', 'consumerSecret'],
  ],
};

/**
 * Reads a Connected App.
 *
 * @returns undefined if the org has no such app, and says so twice
 * @throws Failure `app_unreadable`, those of `findListed`
 */
export async function readConnectedApp(
  metadata: Connection['metadata'],
  name: string,
): Promise<AppReading | undefined> {
  const listed = await findListed(metadata, TYPE, name);
  if (listed === undefined) return undefined;
  const component = await readListed(metadata, listed);
  const { fields } = component;
  const clientId = fieldAt(fields, ['oauthConfig', 'consumerKey']);
  return {
    name: listed.fullName,
    id: listed.id,
    components: [component],
    clientId: typeof clientId === 'string' && clientId !== '' ? clientId : undefined,
    permissionSets: listOf(fieldAt(fields, ['permissionSetName'])),
    profiles: listOf(fieldAt(fields, ['profileName'])),
    adminApproved: isTrue(fieldAt(fields, ['oauthConfig', 'isAdminApproved'])),
  };
}

/** The difference between an app as it stands (undefined: none) and what is wanted. Pure. */
export function planConnectedApp(wanted: WantedApp, reading: AppReading | undefined, fresh: NewApp): AppPlan {
  const { name } = wanted;
  return planFrom(
    {
      name,
      creation: 'createConnectedApp',
      blank: [newApp(wanted, fresh)],
      desired: desiredFieldsOf(wanted),
      neverSent: NEVER_SENT,
    },
    reading,
  );
}

function desiredFieldsOf(wanted: WantedApp): DesiredField[] {
  const list = (key: Change['key'], path: string[], values: string[]): DesiredField => ({
    ...plainField(key, TYPE, path, undefined),
    value: (current) => [...listOf(current), ...missingFrom(listOf(current), values)],
    same: (current) => missingFrom(listOf(current), values).length === 0,
    text: (value) => listOf(value).join(', '),
  });
  const { certificate, adminApproved, ipRelaxation } = wanted;
  return [
    plainField('label', TYPE, ['label'], wanted.label),
    plainField('contactEmail', TYPE, ['contactEmail'], wanted.contactEmail),
    plainField('callbackUrl', TYPE, ['oauthConfig', 'callbackUrl'], wanted.callbackUrl),
    certificateField(TYPE, ['oauthConfig', 'certificate'], certificate),
    list('scopes', ['oauthConfig', 'scopes'], wanted.scopes),
    { ...plainField('adminApproved', TYPE, ['oauthConfig', 'isAdminApproved'], adminApproved), same: isTrue },
    plainField('ipRelaxation', TYPE, ['oauthPolicy', 'ipRelaxation'], ipRelaxation?.toUpperCase()),
    list('permissionSets', ['permissionSetName'], wanted.permissionSets),
    list('profiles', ['profileName'], wanted.profiles),
  ];
}

function newApp(wanted: WantedApp, fresh: NewApp): Component {
  const { name, label = name, certificate, ipRelaxation = 'enforce' } = wanted;
  return {
    type: TYPE,
    fullName: name,
    fields: {
      contactEmail: wanted.contactEmail ?? fresh.contactEmail,
      label,
      oauthConfig: {
        callbackUrl: wanted.callbackUrl ?? CALLBACK_URL,
        certificate: certificate.pem,
        ...(fresh.consumerKey === undefined ? {} : { consumerKey: fresh.consumerKey }),
        isAdminApproved: true,
        isConsumerSecretOptional: true,
        isSecretRequiredForRefreshToken: false,
        scopes: wanted.scopes.length > 0 ? wanted.scopes : fresh.scopes,
      },
      oauthPolicy: { ipRelaxation: ipRelaxation.toUpperCase(), refreshTokenPolicy: 'infinite' },
      ...(wanted.permissionSets.length === 0 ? {} : { permissionSetName: wanted.permissionSets }),
      ...(wanted.profiles.length === 0 ? {} : { profileName: wanted.profiles }),
    },
  };
}
