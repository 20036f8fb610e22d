import type { Connection } from '@salesforce/core';
import { CALLBACK_URL, type AppPlan, type AppReading, type Change, type NewApp, type WantedApp } from './app.js';
import { certificateWish } from './certificate-wish.js';
import type { Component } from './component.js';
import { isTrue, listOf } from './field.js';
import { fieldAt, isSameName, missingFrom, plainWish, planFrom, type Wish } from './plan.js';
import { listComponents, readComponents } from './read.js';

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
 * @returns undefined if the org has no such app
 */
export async function readConnectedApp(
  metadata: Connection['metadata'],
  name: string,
): Promise<AppReading | undefined> {
  const listed = (await listComponents(metadata, [TYPE])).find(({ fullName }) => isSameName(fullName, name));
  if (listed === undefined) return undefined;
  const components = (await readComponents(metadata, TYPE, [listed.fullName])).map(withoutEmptyLists);
  const fields = components[0]?.fields;
  const clientId = fieldAt(fields, ['oauthConfig', 'consumerKey']);
  return {
    name: listed.fullName,
    id: listed.id,
    components,
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
      wishes: wishesOf(wanted),
      neverSent: NEVER_SENT,
    },
    reading,
  );
}

function wishesOf(wanted: WantedApp): Wish[] {
  const list = (key: Change['key'], path: string[], values: string[]): Wish => ({
    ...plainWish(key, TYPE, path, undefined),
    value: (current) => [...listOf(current), ...missingFrom(listOf(current), values)],
    same: (current) => missingFrom(listOf(current), values).length === 0,
    text: (value) => listOf(value).join(', '),
  });
  const { certificate, adminApproved, ipRelaxation } = wanted;
  return [
    plainWish('label', TYPE, ['label'], wanted.label),
    plainWish('contactEmail', TYPE, ['contactEmail'], wanted.contactEmail),
    plainWish('callbackUrl', TYPE, ['oauthConfig', 'callbackUrl'], wanted.callbackUrl),
    certificateWish(TYPE, ['oauthConfig', 'certificate'], certificate),
    list('scopes', ['oauthConfig', 'scopes'], wanted.scopes),
    { ...plainWish('adminApproved', TYPE, ['oauthConfig', 'isAdminApproved'], adminApproved), same: isTrue },
    plainWish('ipRelaxation', TYPE, ['oauthPolicy', 'ipRelaxation'], ipRelaxation?.toUpperCase()),
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

/** The client makes an empty list of every list that isn't there; sent back, it would mean "remove all". */
function withoutEmptyLists(component: Component): Component {
  const fields = Object.entries(component.fields).filter(([, value]) => !Array.isArray(value) || value.length > 0);
  return { ...component, fields: Object.fromEntries(fields) };
}
