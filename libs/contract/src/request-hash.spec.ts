import { describe, expect, it } from '@jest/globals';

import { canonicalParams, readParamsOf, requestHash } from './request-hash.js';

/** Query string, canonical text, hash: what `request_hash` of the Python package `zndraw-joblib` 0.1.7 makes of the query that Starlette read. */
const VECTORS: readonly (readonly [query: string, canonical: string, hash: string])[] = [
  ['', '{}', '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'],
  ['path=/data', '{"path":"/data"}', 'cc2a66974085ce9f0bad658dea3cec4422bde979305a7bd08dd771bba5214ff2'],
  ['b=2&a=1', '{"a":"1","b":"2"}', '21f76dfbfe6dfe21f762080ef484112cf2952974cef30741fd1931e1c6d92112'],
  ['a=1&b=2&a=3', '{"a":"3","b":"2"}', '4e1043651ed060cd5bb0efa500ee52560bb7537208ef11505af5eca71db039ba'],
  ['a=&b', '{"a":"","b":""}', 'a5b12f7b43403bf37bb16ec811a222940f9b038c2081df6c2a4b83c0e0778d96'],
  ['=x', '{"":"x"}', 'dc3f8e343d2e965798f32fbc7c45b45c5ad5d62fcea79c850e0b4ffd1906b192'],
  ['a=1&a=', '{"a":""}', '258555fe010df3da34b3920945d0fbc59cebbcff1878bfc2e9206f0f495d81b9'],
  ['q=a+b%2Bc%20d', '{"q":"a b+c d"}', '5afb91e7cc772b9cb57d04045b72b1b9dc449eface3d68bf010a8dc68d3b8112'],
  ['name=%C3%A9t%C3%A9', '{"name":"\\u00e9t\\u00e9"}', 'f77259bca7df545393de0c570d1197c30a081c9ac02575d6c567eac2f8459de5'],
  ['emoji=%F0%9F%98%80', '{"emoji":"\\ud83d\\ude00"}', '95214adac04561738c96eceaf332900a133fcbe1e1031a552a41b91e83d6092e'],
  [
    '%F0%9F%98%80=1&%EE%80%80=2&%EF%BF%BD=3&z=4',
    '{"z":"4","\\ue000":"2","\\ufffd":"3","\\ud83d\\ude00":"1"}',
    'e1049f4f4044a1ef951a2acebe178716e65dad784f8da367d4cc6196f9adbe62',
  ],
  [
    'Z=1&a=2&%C3%A4=3&_=4&A=5',
    '{"A":"5","Z":"1","_":"4","a":"2","\\u00e4":"3"}',
    'c925f725a0a60fac86e5e3846dab7123ac248729909d35154147bbfd0fd39f2e',
  ],
  [
    'c=%00%01%08%09%0A%0B%0C%0D%1F%7E%7F%C2%80',
    '{"c":"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f~\\u007f\\u0080"}',
    '787b600a145f7e243c197a7b63bbb94ded821a865eb1da2ed07cd9f6513e2329',
  ],
  ['q=%22%5C%2F', '{"q":"\\"\\\\/"}', '2444d1ecdf8545c77e4a0b53988abfb1814710f4fb0d2b88884ce4e1ec944da5'],
  ['bad=%FF%C3', '{"bad":"\\ufffd\\ufffd"}', '3f24fb90c150be00293726a5bb2ad5e30090bcdaeb5ea129cb6bfd45a4e3a981'],
  ['surrogate=%ED%A0%80', '{"surrogate":"\\ufffd\\ufffd\\ufffd"}', '9cc03ee0861565b87a9205185bb485a07dd9ed7259df8c428793bef7d7f771f1'],
  ['half=%E2%82', '{"half":"\\ufffd"}', '62b25ae2dafd6c1e9386b5e0763a68d54240ea98f11ccaf74125a4c7ea3ca4c4'],
  ['percent=%zz%4', '{"percent":"%zz%4"}', '204a3782efefbc35d742002fbd70d1c56ef02ac133d344cca4cbb3db0542f489'],
  ['a=b=c', '{"a":"b=c"}', 'd6ebd905b4ef0589db1c7f65410d3150338ff5bddb7edddbd34d47576f6b6f04'],
  ['&&a=1&', '{"a":"1"}', '9afeb0f2b203f254312ec8ded441d0318b7c34c57f8695ede42d2215a30c0960'],
  ['a;b=1', '{"a;b":"1"}', 'aebc84f2261f03be197339d97a7ad5e8bf7542e7e9d54f2f81a8c407c1c0c337'],
  ['bom=%EF%BB%BFx', '{"bom":"\\ufeffx"}', 'af041370dd9c7e6790699f8cea26876d3e1adcfe5f4cb1642bb99e96b7aa6398'],
  ['__proto__=1&constructor=2', '{"__proto__":"1","constructor":"2"}', '0cb446085a09c37ec71864b5b949cc02ed7f08f92b6cb3ed63f75ac4fea80510'],
  [
    'nel=%C2%85&ls=%E2%80%A8&nb=%C2%A0',
    '{"ls":"\\u2028","nb":"\\u00a0","nel":"\\u0085"}',
    '4c8f3e6838a6e95af6e322ff9c0165f6f7e42db4ea54ce8d3a8fb489d8820c2e',
  ],
  ['10=a&9=b&1=c', '{"1":"c","10":"a","9":"b"}', '08e315b0878ea7b1690533b0bbc86724654f7dbd87928622123abcf9661975c9'],
  ['frame=0&file=%2Ftraj.h5', '{"file":"/traj.h5","frame":"0"}', '56561603e6f66dcc7c95c678b93948a1d863339110efa835aafb3094f618c9a9'],
  ['a%20b=1&a+b=2', '{"a b":"2"}', '68507abd765db7b313903467998f340eee532431536b208c1481b18ded8464bb'],
  ['?a=1', '{"?a":"1"}', 'ef7fd601cf578de4a0cfa9ae6fa260d53fee3f04c2837fbb58bf479996a441e0'],
  [
    'e=%CC%81e&e%CC%81=1&%C3%A9=2',
    '{"e":"\\u0301e","e\\u0301":"1","\\u00e9":"2"}',
    'ffef528595b93c358e5f13c3f726fe5fb27b5b5cd132cb7dde3d6958ddfa3e43',
  ],
  [
    'x=%F4%8F%BF%BF&y=%EF%BF%BF',
    '{"x":"\\udbff\\udfff","y":"\\uffff"}',
    'a7ed62e24e6b64652cbac95825d1233f51187cab203b60cc1b7e95d70cb7630e',
  ],
  [
    '%F0%90%80%80a=1&%F0%90%80%80=2&%EF%BF%BFa=3',
    '{"\\uffffa":"3","\\ud800\\udc00":"2","\\ud800\\udc00a":"1"}',
    '103379719d743cef24dd9185ad7028a372fadf49a074f36d0af416a8e1b34664',
  ],
  [
    'long=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '{"long":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
    '10b87563d022cce17df814090a3915ec4aa87c5b423fe0f90a967c0c08353ff9',
  ],
];

describe('the hash of read parameters', () => {
  it.each(VECTORS)('of %j has the bytes of the original', async (query, canonical, hash) => {
    const params = readParamsOf(query);
    expect(canonicalParams(params)).toBe(canonical);
    expect(await requestHash(params)).toBe(hash);
  });

  it('does not depend on the order of the parameters', async () => {
    expect(await requestHash({ b: '2', a: '1' })).toBe(await requestHash({ a: '1', b: '2' }));
  });

  it('sorts by code point: what is beyond U+FFFF comes after everything else', () => {
    const params = { '\u{1f600}': '1', '\ue000': '2', '\uffff': '3', a: '4', '\u{10000}': '5', '\u{1f600}x': '6' };
    const names = Object.keys(JSON.parse(canonicalParams(params)) as object);
    expect(names).toEqual(['a', '\ue000', '\uffff', '\u{10000}', '\u{1f600}', '\u{1f600}x']);
  });

  it('writes JSON that reads back as the parameters', () => {
    for (const [query] of VECTORS) {
      const params = readParamsOf(query);
      expect(Object.entries(JSON.parse(canonicalParams(params)) as object).sort()).toEqual(Object.entries(params).sort());
    }
  });
});
