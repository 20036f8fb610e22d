import { expect } from 'chai';
import fc from 'fast-check';
import type { AppReading, WantedApp } from '../../../src/salesforce/app/app.js';
import {
  componentXml,
  packageXml,
  type Component,
  type FieldStructure,
  type FieldValue,
} from '../../../src/salesforce/app/component.js';
import { planConnectedApp } from '../../../src/salesforce/app/connected-app.js';
import { planExternalClientApp } from '../../../src/salesforce/app/external-client-app.js';
import { metadataNamesOf, SCOPES } from '../../../src/salesforce/app/scopes.js';
import { readComplexType, requireElements } from '../../emulator/metadata/validate.js';
import { parseXml as parseStrictly } from '../../emulator/metadata/xml.js';
import { elementsOf, enumValues } from '../../emulator/wsdl/schema.js';
import { parseXml } from '../../support/deployments.js';
import { certificateNamed, wantedApp } from '../../support/wanted-app.js';

const FRESH = { contactEmail: 'ops@example.com', scopes: ['Api', 'RefreshToken'], consumerKey: '3MVG9key' };

describe('The XML of a component', () => {
  /** Text that an XML document can hold; line ends other than LF don't survive a parser. */
  const text = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom('<', '>', '&', "'", '"', ']]>', '<!--', '&amp;', '&#10;', '%', 'ü'),
        minLength: 1,
      }),
    )
    .filter((value) => !/[\0-\x08\x0b-\x1f\x7f\ufffe\uffff]/.test(value) && value.isWellFormed());

  it('says every text as it is', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (label, contactEmail) => {
        const component: Component = {
          type: 'ExternalClientApplication',
          fullName: 'App',
          fields: { contactEmail, label },
        };
        expect(parseXml(await componentXml(component))).to.deep.equal({ contactEmail, label });
      }),
      { numRuns: 300 },
    );
  });

  describe('has its elements in the order of the WSDL, none unknown, none missing, and every value one that its type has,', () => {
    const names = fc.subarray(['Alpha', 'Beta', 'Gamma']);
    const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
    const wanted: fc.Arbitrary<WantedApp> = fc
      .record({
        label: optional(text),
        contactEmail: optional(text),
        callbackUrl: optional(fc.webUrl()),
        scopes: fc.subarray(metadataNamesOf([...SCOPES])),
        permissionSets: names,
        profiles: names,
        adminApproved: fc.constantFrom(true as const, undefined),
        ipRelaxation: optional(fc.constantFrom('enforce' as const, 'bypass' as const)),
        certificate: fc.constantFrom('one', 'two').map(certificateNamed),
      })
      .map((wish) => wantedApp(wish));
    const fresh = fc.boolean().map((withKey) => (withKey ? FRESH : { ...FRESH, consumerKey: undefined }));

    for (const [type, plan] of Object.entries({
      'external-client-app': planExternalClientApp,
      'connected-app': planConnectedApp,
    })) {
      it(`in a new app of the type ${type}, whatever is wanted`, async () => {
        await fc.assert(
          fc.asyncProperty(wanted, fresh, async (app, start) => {
            const { components, whole } = plan(app, undefined, start);
            expect(components).not.to.deep.equal([]);
            for (const component of [...components, ...whole]) await expectSchematic(component);
          }),
          { numRuns: 100 },
        );
      });

      it(`in an update of an app of the type ${type}, whatever stands and is wanted`, async () => {
        await fc.assert(
          fc.asyncProperty(wanted, wanted, async (before, after) => {
            const { components } = plan(before, undefined, FRESH);
            const update = plan(after, await readBack(components), FRESH);
            for (const component of [...update.components, ...update.whole]) {
              await expectSchematic(component);
              expect(await componentXml(component)).not.to.contain('consumerKey');
            }
          }),
          { numRuns: 100 },
        );
      });
    }
  });

  it('orders nested elements too, and repeats an element for each value of a list', async () => {
    const xml = await componentXml({
      type: 'ExtlClntAppOauthSettings',
      fullName: 'App_oauth',
      fields: {
        label: 'App',
        trustedIpRanges: [
          { startIpAddress: '10.0.0.1', endIpAddress: '10.0.0.9', description: 'first' },
          { startIpAddress: '10.0.1.1', endIpAddress: '10.0.1.9' },
        ],
        externalClientApplication: 'App',
      },
    });
    expect(Object.keys(parseXml(xml))).to.deep.equal(['externalClientApplication', 'label', 'trustedIpRanges']);
    const fields = readComplexType(parseStrictly(xml), 'ExtlClntAppOauthSettings');
    expect(fields['trustedIpRanges']).to.deep.equal([
      { description: 'first', endIpAddress: '10.0.0.9', startIpAddress: '10.0.0.1' },
      { endIpAddress: '10.0.1.9', startIpAddress: '10.0.1.1' },
    ]);
  });

  /** The app as an org gives it back: every plain value is text. */
  async function readBack(components: Component[]): Promise<AppReading> {
    const asText = (value: FieldValue): FieldValue => {
      if (Array.isArray(value)) return value.map(asText);
      if (typeof value !== 'object') return String(value);
      return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, asText(inner)]));
    };
    return Promise.resolve({
      name: 'JwtBearer',
      id: '0xI000000000001AAA',
      components: components.map((one) => ({ ...one, fields: asText(one.fields) as FieldStructure })),
      clientId: FRESH.consumerKey,
      permissionSets: [],
      profiles: [],
      adminApproved: true,
    });
  }

  async function expectSchematic(component: Component): Promise<void> {
    const xml = await componentXml(component);
    const order = elementsOf(component.type)?.map(({ name }) => name) ?? [];
    const sent = Object.keys(parseXml(xml));
    expect(sent).to.deep.equal(order.filter((name) => name in component.fields));
    expect(sent).to.have.members(Object.keys(component.fields));
    const fields = readComplexType(parseStrictly(xml), component.type);
    requireElements(fields, component.type);
    expect(sent).to.deep.equal(Object.keys(fields));
    requireTyped(fields, component.type);
  }

  /** Every value is one of its simple type or enumeration. */
  function requireTyped(fields: Record<string, unknown>, type: string): void {
    for (const { name, type: fieldType } of elementsOf(type) ?? []) {
      for (const value of [fields[name] ?? []].flat()) {
        if (elementsOf(fieldType) !== undefined) requireTyped(value as Record<string, unknown>, fieldType);
        else if (fieldType === 'xsd:boolean') expect(value, name).to.be.oneOf(['true', 'false']);
        else if (/^xsd:(int|double)$/.test(fieldType)) expect(value, name).to.match(/^\d+$/);
        else if (fieldType === 'xsd:string') expect(value, name).to.be.a('string');
        else expect(enumValues(fieldType), `${name} of type ${fieldType}`).to.include(value);
      }
    }
  }
});

describe('The manifest of a deployment', () => {
  it('lists the members of each type', async () => {
    const component = (type: Component['type'], fullName: string): Component => ({ type, fullName, fields: {} });
    const xml = await packageXml(
      [component('PermissionSet', 'B'), component('ExternalClientApplication', 'App'), component('PermissionSet', 'A')],
      '67.0',
    );
    expect(parseXml(xml)).to.deep.equal({
      types: [
        { members: 'App', name: 'ExternalClientApplication' },
        { members: ['B', 'A'], name: 'PermissionSet' },
      ],
      version: '67.0',
    });
  });
});
