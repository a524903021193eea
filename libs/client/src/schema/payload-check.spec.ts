import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@joblib/contract';
import { z } from 'zod';

import { checkPayload, jsonSchemaOf } from './payload-check.js';
import type { StandardSchema } from './standard-schema.js';

const Rotation = z.object({ angle: z.number().default(90), axes: z.array(z.enum(['x', 'y', 'z'])) });

/** A library that checks and nothing more. */
const OnlyChecks: StandardSchema<unknown, number> = {
  '~standard': { validate: async (value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'not a number' }] }) },
};

describe('jsonSchemaOf', () => {
  it('writes down what is sent: what has a default is not required', () => {
    expect(jsonSchemaOf(Rotation)).toMatchObject({
      type: 'object',
      properties: { angle: { type: 'number', default: 90 } },
      required: ['axes'],
    });
  });

  it('asks a schema that has only the older way', () => {
    const older = { ...OnlyChecks, toJSONSchema: (options: unknown) => ({ type: 'number', options }) };
    expect(jsonSchemaOf(older)).toEqual({ type: 'number', options: { io: 'input' } });
  });

  it('takes a plain JSON Schema as it is, and what was given beside a schema', () => {
    const plain = { type: 'object' };
    expect(jsonSchemaOf(plain)).toBe(plain);
    expect(jsonSchemaOf(OnlyChecks, plain)).toBe(plain);
    expect(jsonSchemaOf(undefined)).toEqual({});
  });

  it('says what to do when a schema cannot write itself down', () => {
    expect(() => jsonSchemaOf(OnlyChecks)).toThrow('give one as `jsonSchema` beside it');
  });
});

describe('checkPayload', () => {
  it('answers the checked payload with its defaults', async () => {
    expect(await checkPayload(Rotation, { axes: ['x'], extra: 1 })).toEqual({ angle: 90, axes: ['x'] });
    expect(await checkPayload({ properties: { angle: { default: 90 } } }, {})).toEqual({ angle: 90 });
    expect(await checkPayload(undefined, { any: 1 })).toEqual({ any: 1 });
    expect(await checkPayload(OnlyChecks, 7)).toBe(7);
  });

  it('names the fields of a payload that breaks the schema', async () => {
    const error = await checkPayload(Rotation, { angle: 'far', axes: ['x', 'w'] }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      problem: 'PayloadInvalid',
      message: expect.stringMatching(/^The payload breaks the schema: angle: .*; axes\.1: /),
      errors: [{ pointer: '/angle' }, { pointer: '/axes/1' }],
    });
    await expect(checkPayload(OnlyChecks, 'x')).rejects.toThrow('The payload breaks the schema: payload: not a number');
  });
});
