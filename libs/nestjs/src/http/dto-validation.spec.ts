import { describe, expect, it } from '@jest/globals';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min, ValidateIf, ValidateNested } from 'class-validator';
import { ProblemError } from '@joblib/contract';
import type { FieldError } from '@joblib/contract';
import { validateDto, validateItems } from './dto-validation.js';
import { jsonTextOf, rememberSource } from './json-text.js';
import { IsJsonObject, IsProgress } from './validators.js';

class UpdateDto {
  @IsString()
  id!: string;

  @IsIn(['running', 'failed'])
  status!: string;

  @IsOptional()
  @IsProgress()
  progress?: unknown;

  @IsOptional()
  result?: unknown;
}

class BatchDto {
  @IsArray()
  @ArrayMaxSize(2_000)
  updates!: unknown[];
}

class LimitsDto {
  @IsInt()
  @Min(1)
  @Max(100)
  @IsOptional()
  count = 10;

  @MaxLength(3, { each: true })
  @IsOptional()
  tags?: string[];

  @ValidateIf((dto: LimitsDto) => dto.count > 50)
  @IsJsonObject()
  reason?: object;
}

class NamedLimitsDto extends LimitsDto {
  @IsString()
  name!: string;
}

class ParentDto {
  @ValidateNested()
  child!: UpdateDto;
}

function errorsOf(read: () => unknown): readonly FieldError[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ProblemError && error.problem === 'ValidationError') return error.errors ?? [];
    throw error;
  }
  return [];
}

describe('validateDto', () => {
  it('gives an instance with the declared fields and nothing else', () => {
    const body = JSON.parse('{"id":"a","status":"failed","extra":1,"__proto__":{"polluted":true},"constructor":1,"toString":2}') as unknown;
    const dto = validateDto(UpdateDto, body);
    expect(dto).toBeInstanceOf(UpdateDto);
    expect(Object.entries(dto).filter(([, value]) => value !== undefined)).toEqual([
      ['id', 'a'],
      ['status', 'failed'],
    ]);
    expect(dto).not.toHaveProperty('polluted');
  });

  it('keeps the default of a field that is absent, and fields of a base class', () => {
    expect(validateDto(NamedLimitsDto, { name: 'n' }).count).toBe(10);
    expect(
      errorsOf(() => validateDto(NamedLimitsDto, { name: 1, count: 0 }))
        .map(({ pointer }) => pointer)
        .sort(),
    ).toEqual(['/count', '/name']);
  });

  it('takes nothing from the prototype of a body', () => {
    expect(errorsOf(() => validateDto(UpdateDto, Object.create({ id: 'a', status: 'failed' }))).map(({ pointer }) => pointer)).toEqual([
      '/id',
      '/status',
    ]);
  });

  it.each([
    [{ count: 0 }, ['/count']],
    [{ count: 1.5 }, ['/count']],
    [{ count: null }, []],
    [{ tags: ['abc', 'abcd'] }, ['/tags']],
    [{ tags: 'abcd' }, ['/tags']],
    [{ tags: ['abc'] }, []],
    [{ count: 51 }, ['/reason']],
    [{ count: 51, reason: {} }, []],
    [{ count: 50, reason: 1 }, []],
  ])('judges %j as class-validator does', (body, pointers) => {
    expect(errorsOf(() => validateDto(LimitsDto, body)).map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('reports one defect for each field, and none of the values', () => {
    expect(errorsOf(() => validateDto(UpdateDto, { id: 1, status: 'secret' }))).toEqual([
      { pointer: '/id', detail: 'id must be a string' },
      { pointer: '/status', detail: 'status must be one of the following values: running, failed' },
    ]);
  });

  it('leaves to class-validator what it cannot do by itself', () => {
    expect(errorsOf(() => validateDto(ParentDto, { child: 1 })).map(({ pointer }) => pointer)).toEqual(['/child']);
  });

  it.each([null, [], 'text', 1])('refuses %j', (body) => {
    expect(errorsOf(() => validateDto(UpdateDto, body))).toEqual([{ pointer: '', detail: 'must be a JSON object' }]);
  });

  it('refuses a class without rules', () => {
    expect(() => validateDto(class Plain {}, {})).toThrow('Plain has no field');
  });
});

describe('validateItems', () => {
  it('points into the item', () => {
    const updates = [{ id: 'a', status: 'running' }, 7, { id: 'b', status: 'pending' }];
    expect(errorsOf(() => validateItems(UpdateDto, updates, '/updates')).map(({ pointer }) => pointer)).toEqual([
      '/updates/1',
      '/updates/2/status',
    ]);
  });

  it('lists a bounded number of defects', () => {
    expect(
      errorsOf(() =>
        validateItems(
          UpdateDto,
          Array.from({ length: 1_000 }, () => 1),
          '/updates',
        ),
      ),
    ).toHaveLength(100);
  });

  it('refuses what is no array', () => {
    expect(errorsOf(() => validateItems(UpdateDto, {}, '/updates'))).toEqual([{ pointer: '/updates', detail: 'must be an array' }]);
  });

  it('gives items whose JSON text is exact', () => {
    const text = '{"updates":[{"id":"a","status":"running","result":1},{"id":"b","status":"running","result":{"n":9007199254740993}}]}';
    const body = JSON.parse(text) as object;
    rememberSource(body, text);
    const items = validateItems(UpdateDto, validateDto(BatchDto, body).updates, '/updates');
    expect(items.map((item) => jsonTextOf(item, 'result'))).toEqual(['1', '{"n":9007199254740993}']);
  });
});

describe('IsProgress', () => {
  const isAccepted = (progress: unknown): boolean =>
    errorsOf(() => validateDto(UpdateDto, { id: 'a', status: 'running', progress })).length === 0;

  it.each([0, 0.5, 1, { current: 0, total: 10 }, { current: 11, total: 10, message: 'nearly' }])('accepts %j', (progress) => {
    expect(isAccepted(progress)).toBe(true);
  });

  it.each([
    -0.1,
    1.1,
    '0.5',
    true,
    [],
    {},
    { current: 1 },
    { current: -1, total: 1 },
    { current: 1, total: 0 },
    { current: 1, total: 1, message: 2 },
  ])('refuses %j', (progress) => {
    expect(isAccepted(progress)).toBe(false);
  });
});
