import { describe, expect, it } from '@jest/globals';

import { PluginMetadata } from './plugin-metadata.js';
import type { PluginMetadataFields } from './plugin-metadata.js';

const FIELDS: PluginMetadataFields = { name: 'slack', version: '1.0.0', author: 'us', description: 'Sends messages.' };

function metadataWith(fields: object): () => PluginMetadata {
  return () => new PluginMetadata({ ...FIELDS, ...fields });
}

describe('PluginMetadata', () => {
  it('has what it is given, and capabilities without repeats', () => {
    const metadata = new PluginMetadata({ ...FIELDS, capabilities: ['chat', 'alerts', 'chat'] });
    expect(metadata).toMatchObject(FIELDS);
    expect([...metadata.capabilities]).toEqual(['chat', 'alerts']);
  });

  it('may have no capabilities, or a set of them', () => {
    expect(new PluginMetadata(FIELDS).capabilities.size).toBe(0);
    expect([...new PluginMetadata({ ...FIELDS, capabilities: new Set(['chat']) }).capabilities]).toEqual(['chat']);
  });

  it.each([
    ['an empty name', { name: '' }, 'needs a name that is not empty'],
    ['a blank name', { name: ' \t' }, 'needs a name that is not empty'],
    ['a name with a control character', { name: 'sl\u0000ack' }, 'needs a name without control characters'],
    ['a name that is no string', { name: 7 }, 'needs a string as its name'],
    ['no version', { version: undefined }, 'needs a string as its version'],
    ['an author that is no string', { author: null }, 'needs a string as its author'],
    ['a description that is no string', { description: {} }, 'needs a string as its description'],
    ['capabilities in one string', { capabilities: 'chat' }, 'needs capabilities that are strings in an array or a set'],
    ['capabilities that cannot be walked through', { capabilities: {} }, 'needs capabilities that are strings in an array or a set'],
    ['a capability that is no string', { capabilities: ['chat', 7] }, 'needs capabilities that are strings in an array or a set'],
    ['null as capabilities', { capabilities: null }, 'needs capabilities that are strings in an array or a set'],
  ])('refuses %s', (_what, fields, message) => {
    expect(metadataWith(fields)).toThrow(TypeError);
    expect(metadataWith(fields)).toThrow(message);
  });

  it('cannot be changed', () => {
    const metadata = new PluginMetadata({ ...FIELDS, capabilities: ['chat'] });
    const capabilities = metadata.capabilities as Set<string>;
    expect(() => Object.assign(metadata, { name: 'other' })).toThrow(TypeError);
    expect(() => capabilities.add('x')).toThrow('PluginMetadata cannot be changed.');
    expect(() => capabilities.delete('chat')).toThrow('PluginMetadata cannot be changed.');
    expect(() => capabilities.clear()).toThrow('PluginMetadata cannot be changed.');
    expect([metadata.name, ...metadata.capabilities]).toEqual(['slack', 'chat']);
  });

  it('is told from an object that looks like it', () => {
    const metadata = new PluginMetadata(FIELDS);
    expect(PluginMetadata.isMetadata(metadata)).toBe(true);
    for (const other of [{ ...FIELDS, capabilities: new Set() }, null, undefined, 'slack'])
      expect(PluginMetadata.isMetadata(other)).toBe(false);
  });
});
