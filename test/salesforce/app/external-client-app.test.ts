import { expect } from 'chai';
import type { AppReading, WantedApp } from '../../../src/salesforce/app/app.js';
import type { Component, ComponentType, FieldStructure } from '../../../src/salesforce/app/component.js';
import { planExternalClientApp } from '../../../src/salesforce/app/external-client-app.js';
import { certificateNamed, wantedApp } from '../../support/wanted-app.js';

const FRESH = { contactEmail: 'ops@example.com', scopes: ['Api', 'Web', 'RefreshToken'], consumerKey: 'newKey123' };

/** An app as Setup made it, and as it is read: every value a text, fields that the server adds among them. */
const STANDING: AppReading = {
  name: 'JwtBearer',
  id: '0xI000000000001AAA',
  clientId: '3MVG9standing',
  permissionSets: ['Deployers'],
  profiles: [],
  adminApproved: true,
  components: [
    {
      type: 'ExternalClientApplication',
      fullName: 'JwtBearer',
      fields: {
        contactEmail: 'admin@example.com',
        description: 'made by hand',
        distributionState: 'Local',
        label: 'By hand',
        orgScopedExternalApp: '00D000000000001:JwtBearer',
      },
    },
    {
      type: 'ExtlClntAppOauthSettings',
      fullName: 'JwtBearer_oauth',
      fields: {
        commaSeparatedOauthScopes: 'Api,RefreshToken',
        externalClientApplication: 'JwtBearer',
        label: 'scopes',
        oauthLink: '00D000000000001:888000000000001',
      },
    },
    {
      type: 'ExtlClntAppGlobalOauthSettings',
      fullName: 'JwtBearer_glbloauth',
      fields: {
        callbackUrl: 'https://example.com/callback',
        certificate: certificateNamed('one').der.toString('base64'),
        consumerKey: '3MVG9standing',
        externalClientApplication: 'JwtBearer',
        isPkceRequired: 'true',
        label: 'global',
      },
    },
    {
      type: 'ExtlClntAppOauthConfigurablePolicies',
      fullName: 'JwtBearer_oauthPlcy',
      fields: {
        commaSeparatedPermissionSet: 'Deployers',
        externalClientApplication: 'JwtBearer',
        ipRelaxationPolicyType: 'Enforce_RelaxRefresh',
        isNamedUserJwtEnabled: 'false',
        label: 'policy',
        permittedUsersPolicyType: 'AdminApprovedPreAuthorized',
        sessionTimeoutInMinutes: '30',
      },
    },
  ],
};

describe('The plan for an External Client App', () => {
  const plan = (wish: Partial<WantedApp>, standing: AppReading | undefined) =>
    planExternalClientApp(wantedApp(wish), standing, FRESH);
  const fieldsOf = (components: Component[], type: ComponentType): FieldStructure => {
    const [component, ...others] = components.filter((one) => one.type === type);
    expect(others).to.deep.equal([]);
    if (component === undefined) throw new Error(`No ${type} in the plan`);
    return component.fields;
  };

  describe('that is new', () => {
    it('makes the header and one of each satellite, the policy under the name that the server would give it', () => {
      const { components, changes } = plan({ permissionSets: ['JwtBearer'] }, undefined);
      expect(components.map(({ type, fullName }) => [type, fullName])).to.deep.equal([
        ['ExternalClientApplication', 'JwtBearer'],
        ['ExtlClntAppOauthSettings', 'JwtBearer_oauth'],
        ['ExtlClntAppGlobalOauthSettings', 'JwtBearer_glbloauth'],
        ['ExtlClntAppOauthConfigurablePolicies', 'JwtBearer_oauth_defaultPolicy'],
      ]);
      expect(changes).to.deep.equal([{ key: 'createExternalClientApp', to: 'JwtBearer' }]);
    });

    it('is careful where nothing is asked', () => {
      const { components } = plan({}, undefined);
      expect(fieldsOf(components, 'ExtlClntAppGlobalOauthSettings')).to.include({
        consumerKey: 'newKey123',
        isNamedUserJwtEnabled: false,
        isConsumerSecretOptional: true,
      });
      expect(fieldsOf(components, 'ExtlClntAppOauthConfigurablePolicies')).to.include({
        ipRelaxationPolicyType: 'Enforce',
        permittedUsersPolicyType: 'AdminApprovedPreAuthorized',
      });
      expect(fieldsOf(components, 'ExternalClientApplication')).to.include({
        contactEmail: 'ops@example.com',
        label: 'JwtBearer',
      });
      expect(fieldsOf(components, 'ExtlClntAppOauthSettings')['commaSeparatedOauthScopes']).to.equal(
        'Api, Web, RefreshToken',
      );
    });

    it('sends no client id where there is none to send', () => {
      const { components } = planExternalClientApp(wantedApp(), undefined, { ...FRESH, consumerKey: undefined });
      expect(fieldsOf(components, 'ExtlClntAppGlobalOauthSettings')).not.to.have.property('consumerKey');
    });
  });

  describe('that stands as it is wanted', () => {
    it('is empty', () => {
      expect(plan({}, STANDING)).to.deep.include({ components: [], changes: [] });
      const same = {
        permissionSets: ['Deployers'],
        adminApproved: true,
        scopes: ['RefreshToken'],
        label: 'By hand',
      } as const;
      expect(plan({ ...same, permissionSets: ['Deployers'], scopes: ['RefreshToken'] }, STANDING)).to.deep.include({
        components: [],
        changes: [],
      });
    });

    it('compares certificates by their bytes', () => {
      const rewrapped = structuredClone(STANDING);
      const { der } = certificateNamed('one');
      rewrapped.components[2]!.fields['certificate'] = `-----BEGIN CERTIFICATE-----\r\n${der
        .toString('base64')
        .match(/.{1,10}/g)!
        .join('\r\n')}\r\n-----END CERTIFICATE-----`;
      expect(plan({}, rewrapped).changes).to.deep.equal([]);
    });
  });

  describe('that stands otherwise', () => {
    it('sends one component with the one field that differs, and leaves out what only the server may set', () => {
      const certificate = certificateNamed('two');
      const { components, changes } = plan({ certificate }, STANDING);
      expect(components).to.deep.equal([
        {
          type: 'ExtlClntAppGlobalOauthSettings',
          fullName: 'JwtBearer_glbloauth',
          fields: {
            callbackUrl: 'https://example.com/callback',
            certificate: certificate.pem,
            externalClientApplication: 'JwtBearer',
            isPkceRequired: 'true',
            label: 'global',
          },
        },
      ]);
      expect(changes).to.deep.equal([
        { key: 'certificate', from: certificateNamed('one').fingerprint256, to: certificate.fingerprint256 },
      ]);
    });

    it('adds to lists, and takes nothing away', () => {
      const { components, changes } = plan({ scopes: ['Web', 'Api'], permissionSets: ['JwtBearer'] }, STANDING);
      expect(fieldsOf(components, 'ExtlClntAppOauthSettings')).to.deep.equal({
        commaSeparatedOauthScopes: 'Api, RefreshToken, Web',
        externalClientApplication: 'JwtBearer',
        label: 'scopes',
      });
      expect(fieldsOf(components, 'ExtlClntAppOauthConfigurablePolicies')).to.deep.equal({
        commaSeparatedPermissionSet: 'Deployers, JwtBearer',
        externalClientApplication: 'JwtBearer',
        ipRelaxationPolicyType: 'Enforce_RelaxRefresh',
        label: 'policy',
        permittedUsersPolicyType: 'AdminApprovedPreAuthorized',
        sessionTimeoutInMinutes: '30',
      });
      expect(changes.map(({ key }) => key)).to.deep.equal(['scopes', 'permissionSets']);
    });

    it('puts several differences of one component into one file', () => {
      const { components, changes } = plan({ label: 'CI', contactEmail: 'ci@example.com' }, STANDING);
      expect(components.map(({ fields }) => fields)).to.deep.equal([
        { contactEmail: 'ci@example.com', description: 'made by hand', distributionState: 'Local', label: 'CI' },
      ]);
      expect(changes).to.deep.equal([
        { key: 'label', from: 'By hand', to: 'CI' },
        { key: 'contactEmail', from: 'admin@example.com', to: 'ci@example.com' },
      ]);
    });

    it('makes the satellite that an app without OAuth lacks, and says so', () => {
      const bare = { ...STANDING, clientId: undefined, components: STANDING.components.slice(0, 1) };
      const { components, changes } = plan({}, bare);
      expect(components.map(({ type }) => type)).to.deep.equal([
        'ExtlClntAppOauthSettings',
        'ExtlClntAppGlobalOauthSettings',
        'ExtlClntAppOauthConfigurablePolicies',
      ]);
      expect(changes).not.to.deep.equal([]);
    });
  });
});
