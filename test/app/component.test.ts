import { expect } from 'chai';
import fc from 'fast-check';
import type { WantedApp } from '../../src/app/app.js';
import { componentXml, packageXml, type Component } from '../../src/app/component.js';
import { planExternalClientApp } from '../../src/app/external-client-app.js';
import { readComplexType, requireElements } from '../emulator/metadata/validate.js';
import { parseXml as parseStrictly } from '../emulator/metadata/xml.js';
import { elementsOf } from '../emulator/wsdl/schema.js';
import { parseXml } from '../support/deployments.js';
import { wantedApp } from '../support/wanted-app.js';

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

  it('has its elements in the order of the WSDL, none unknown and none missing, whatever is wanted', async () => {
    const names = fc.subarray(['Alpha', 'Beta', 'Gamma']);
    const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
    const wanted: fc.Arbitrary<WantedApp> = fc
      .record({
        label: optional(text),
        contactEmail: optional(text),
        callbackUrl: optional(fc.webUrl()),
        scopes: fc.subarray(['Api', 'Web', 'RefreshToken', 'Full']),
        permissionSets: names,
        profiles: names,
        adminApproved: fc.constantFrom(true as const, undefined),
        ipRelaxation: optional(fc.constantFrom('enforce' as const, 'bypass' as const)),
      })
      .map((wish) => wantedApp(wish));
    await fc.assert(
      fc.asyncProperty(wanted, fc.boolean(), async (app, withKey) => {
        const fresh = withKey ? FRESH : { ...FRESH, consumerKey: undefined };
        for (const component of planExternalClientApp(app, undefined, fresh).components) {
          const xml = await componentXml(component);
          expect(Object.keys(parseXml(xml))).to.deep.equal(inWsdlOrder(component));
          const fields = readComplexType(parseStrictly(xml), component.type);
          requireElements(fields, component.type);
          expect(Object.keys(fields)).to.have.members(Object.keys(component.fields));
        }
      }),
      { numRuns: 100 },
    );
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

  function inWsdlOrder({ type, fields }: Component): string[] {
    const order = elementsOf(type)?.map(({ name }) => name) ?? [];
    expect(order).to.include.members(Object.keys(fields));
    return order.filter((name) => name in fields);
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
