// OTTL functions that hash, encode and decode: published vectors, and back to where it came from.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { asked, refusalOf } from '#tests/support/ottl-subject.ts';

describe('digests', () => {
  test.each([
    ['MD5("")', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['MD5("abc")', '900150983cd24fb0d6963f7d28e17f72'],
    ['SHA1("abc")', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['SHA256("")', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['SHA256("abc")', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ])('%s', (call, digest) => {
    expect(asked(`${call} == "${digest}"`)).toBe(true);
  });

  test('SHA512 has 128 digits, and texts that differ have other digests', () => {
    expect(asked('Len(SHA512(name)) == 128 and SHA512("a") != SHA512("b")')).toBe(true);
  });

  test('FNV is that of 64 bits, as a signed int', () => {
    expect(asked('FNV("") == -3750763034362895579')).toBe(true);
    expect(asked('FNV("foobar") == -8821353812377114648')).toBe(true);
  });

  test('they take texts alone', () => {
    expect(asked('SHA256(attributes["k"]) == ""', { k: 5n })).toBe('expected a text');
    expect(refusalOf('SHA256(5) == ""')).toContain('never fits');
  });
});

describe('Hex', () => {
  test.each([
    ['Hex("ab") == "6162"', true],
    ['Hex("") == ""', true],
    ['Hex(0xff00) == "ff00"', true],
    ['Hex(15) == "000000000000000f"', true],
    ['Hex(-1) == "ffffffffffffffff"', true],
    ['Hex(1.5) == "3ff8000000000000"', true],
    ['Hex(true) == "01" and Hex(false) == "00"', true],
    ['Hex(attributes["absent"]) == ""', true],
    ['Hex(attributes["list"]) == ""', 'is nothing bytes can be made of'],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, { list: [1n] })).toBe(expected);
  });
});

describe('base64', () => {
  test.each([
    ['Base64Encode("") == ""', true],
    ['Base64Encode("a") == "YQ=="', true],
    ['Base64Encode("ab") == "YWI="', true],
    ['Base64Encode("abc") == "YWJj"', true],
    ['Base64Encode("a", "base64-raw") == "YQ"', true],
    ['Base64Encode("~~~", "base64") == "fn5+"', true],
    ['Base64Encode("~~~", "base64-url") == "fn5-"', true],
    ['Base64Encode("~~", "base64-url") == "fn4="', true],
    ['Base64Encode("~~", "base64-raw-url") == "fn4"', true],
    ['Base64Encode("a", attributes["v"]) == ""', 'no variant of base64'],
    ['Decode("YWI=", "base64") == "ab"', true],
    ['Decode("YW\\nI=", "base64") == "ab"', true],
    ['Decode("YWI", "base64-raw") == "ab"', true],
    ['Decode("fn5-", "base64-url") == "~~~"', true],
    ['Decode("fn4", "base64-raw-url") == "~~"', true],
    ['Decode("YWI", "base64") == "ab"', 'is no base64'],
    ['Decode("YWI=", "base64-raw") == "ab"', 'is no base64'],
    ['Decode("Y", "base64-raw") == ""', 'is no base64'],
    ['Decode("fn5-", "base64") == ""', 'is no base64'],
    ['Decode("a b=", "base64") == ""', 'is no base64'],
    ['Decode("a", "utf-8") == "a" and Decode("a", "UTF8") == "a" and Decode("a", "us-ascii") == "a"', true],
    ['Decode(0x6162, "utf8") == "ab"', true],
    ['Decode(5, "base64") == ""', 'only texts and bytes are decoded'],
    ['Decode("a", attributes["v"]) == ""', 'is an encoding that is not supported'],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, { v: 'base32' })).toBe(expected);
  });

  test('any text comes back, by every variant', () => {
    const variants = ['base64', 'base64-raw', 'base64-url', 'base64-raw-url'];
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(...variants), (text, variant) => {
        expect(
          asked(`Decode(Base64Encode(attributes["k"], "${variant}"), "${variant}") == attributes["k"]`, {
            k: text.toWellFormed(),
          }),
        ).toBe(true);
      }),
      { seed: 361 },
    );
  });

  test('an encoding that is none is refused when it stands in the condition', () => {
    expect(refusalOf('Decode("a", "base32") == ""')).toContain('decodes from base32; there are base64');
  });
});

describe('ids', () => {
  test.each([
    ['TraceID(0x0af7651916cd43dd8448eb211c80319c) == trace_id', true],
    ['TraceID("0af7651916cd43dd8448eb211c80319c") == trace_id', true],
    ['TraceID("0AF7651916CD43DD8448EB211C80319C") == trace_id', true],
    ['SpanID(0x00f067aa0ba902b7) == span_id', true],
    ['SpanID("00f067aa0ba902b7") == span_id', true],
    ['ProfileID(0x0af7651916cd43dd8448eb211c80319c) == trace_id', true],
    ['SpanID(attributes["id"]) == span_id', true],
    ['SpanID(attributes["bad"]) == span_id', 'expected 8 bytes'],
    ['trace_id == 0x0af7651916cd43dd8448eb211c80319c', false],
  ] as const)('%s: %s', (condition, expected) => {
    expect(asked(condition, { id: '00f067aa0ba902b7', bad: '00f067aa0ba902bz' })).toBe(expected);
  });

  test.each(['TraceID(0x01)', 'TraceID("01")', 'SpanID("00f067aa0ba902bz")', 'SpanID(0x00f067aa0ba902b7ff)'])(
    '%s is refused',
    (call) => {
      expect(refusalOf(`${call} == trace_id`)).toContain('makes an id of something that is not');
    },
  );
});
