/** Reading and writing JSON as Go's encoding/json does. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldsOf, fold, goString, parseObject } from '../../src/contract/json.ts'
import { isNestedDeeper } from '../../src/contract/json-text.ts'

describe('goString', () => {
  // What json.Marshal of Go 1.26 prints for each.
  test.each([
    ['kerning_city_pq', '"kerning_city_pq"'],
    ['', '""'],
    ['a"b\\c/d', '"a\\"b\\\\c/d"'],
    ['\b\t\n\f\r', '"\\b\\t\\n\\f\\r"'],
    ['\u0000\u0001\u000b\u000e\u001f', '"\\u0000\\u0001\\u000b\\u000e\\u001f"'],
    ['\u007f', '"\u007f"'],
    ['<&>', '"\\u003c\\u0026\\u003e"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['é😀\u0080\u009f\ufeff', '"é😀\u0080\u009f\ufeff"'],
    ['\ufffd', '"\ufffd"'],
  ])('writes %j as Go does', (text, written) => {
    expect(goString(text)).toBe(written)
  })

  // json.Marshal of what json.Unmarshal reads from "a\ud800b".
  test('writes a lone surrogate as U+FFFD, which is what Go holds after reading one', () => {
    expect(Buffer.from(goString('a\ud800b')).toString('hex')).toBe('2261efbfbd6222')
    expect(goString('\udc00\ud800')).toBe('"\ufffd\ufffd"')
    expect(goString('<\ud83d')).toBe('"\\u003c\ufffd"')
  })

  const unit = fc.oneof(
    fc.constantFrom('<', '>', '&', '"', '\\', '\n', '\u0001', '\u007f', 'é', '😀', '\u2028', '\u2029', '\ufffd'),
    fc.integer({ min: 0, max: 0xd7ff }).map(code => String.fromCharCode(code)),
  )

  test('writes any well-formed text so that it reads back the same, with none of the characters that Go escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit }), text => {
        const written = goString(text)
        expect(JSON.parse(written)).toBe(text)
        expect(written).not.toMatch(/[<>&\u2028\u2029]/)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(written).not.toMatch(/[\u0000-\u001f]/)
      }),
    )
  })
})

describe('parseObject', () => {
  test.each([
    ['null value', null, 'the value is null'],
    ['empty value', '', 'the value is empty'],
    ['JSON null', 'null', 'the value is null'],
    ['array', '[{}]', 'the value is an array'],
    ['string', '"a"', 'the value is "a"'],
    ['number', '7', 'the value is 7'],
    ['byte order mark', '\ufeff{}', 'the value is not JSON'],
    ['something behind it', '{} {}', 'the value is not JSON'],
    ['a NUL behind it', '{}\u0000', 'the value is not JSON'],
    ['white space that JSON does not know', '\u00a0{}', 'the value is not JSON'],
    ['cut short', '{"a":', 'the value is not JSON'],
  ])('finds a problem in: %s', (_, value, problem) => {
    expect(parseObject(value === null ? null : Buffer.from(value))).toMatchObject({
      problem: expect.stringContaining(problem),
    })
  })

  test('takes white space around the object', () => {
    expect(parseObject(Buffer.from(' \r\n\t{"a":1}\n '))).toMatchObject({ object: { a: 1 } })
  })

  const number = (literal: string) => {
    const read = parseObject(Buffer.from(`{"a":${literal},"b":"${literal}","c":[${literal}]}`))
    return 'object' in read ? read.object : undefined
  }

  test.each([
    '255.00000000000000001',
    '254.99999999999999999',
    '1e-400',
    '-1E-400',
    '4294967295.00000001',
    '429496729400000000001e-11',
    '0.429496729500000000001e10',
  ])('does not take %s for an integer, though a double would', literal => {
    expect(Number.isInteger(Number(literal))).toBe(true)
    expect(number(literal)?.a).toSatisfy(value => typeof value === 'number' && !Number.isInteger(value))
    expect(number(literal)).toMatchObject({ b: literal, c: [number(literal)?.a] })
  })

  test.each([
    ['255.00000000000000000', 255],
    ['2550000000e-7', 255],
    ['-0e-400', -0],
    ['0.0000000000', 0],
    ['0.00000000042949672950e+19', 4294967295],
    ['100000000000000000000e-20', 1],
    ['1.25e-3', 0.00125],
  ])('takes %s for what it is', (literal, value) => {
    expect(number(literal)).toEqual({ a: value, b: literal, c: [value] })
  })

  test('tells an integer from a fraction by its decimal digits, whatever the number of them', () => {
    const digits = fc.array(fc.constantFrom('0', '0', '0', '9', '1'), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), digits, (whole, places) => {
        const fraction = places.join('')
        const given = [number(`${whole}.${fraction}`), number(`${whole}${fraction}e-${fraction.length}`)]
        for (const read of given.slice(0, whole === 0 ? 1 : 2)) {
          expect(Number.isInteger(read?.a)).toBe(/^0*$/.test(fraction))
        }
      }),
    )
  })

  test('reads invalid UTF-8 in a string as U+FFFD, and refuses it elsewhere', () => {
    const bytes = (hex: string) => Buffer.concat([Buffer.from('{"a":"x'), Buffer.from(hex, 'hex'), Buffer.from('y"}')])
    expect(parseObject(bytes('ff'))).toMatchObject({ object: { a: 'x\ufffdy' } })
    expect(parseObject(bytes('c3'))).toMatchObject({ object: { a: 'x\ufffdy' } })
    expect(parseObject(Buffer.from('7b22612231ff7d', 'hex'))).toHaveProperty('problem')
  })
})

describe('fold', () => {
  const FIELDS = fieldsOf('worldId', 'kind', 'body')
  const read = (text: string, path: string[] = []) => {
    let object = JSON.parse(text)
    for (const step of path) object = object[step]
    return fold(object, FIELDS, text, path)
  }

  test.each([
    ['{"worldId":1}', { worldId: 1 }],
    ['{"WORLDID":1}', { worldId: 1 }],
    ['{"wOrLdId":1,"other":2}', { worldId: 1 }],
    ['{"\\u0077orldId":1}', { worldId: 1 }],
    ['{"worldId":1,"worldId":2}', { worldId: 2 }],
    ['{"worldId":1,"WorldId":2}', { worldId: 2 }],
    ['{"WorldId":2,"worldId":1}', { worldId: 1 }],
    ['{"worldId":1,"WorldId":2,"worldId":3}', { worldId: 3 }],
    ['{"WorldId":1,"worldId":2,"WorldId":3,"x":[{"worldId":9}]}', { worldId: 3 }],
    ['{"worldId":1,"WorldId":null}', { worldId: null }],
    ['{"body":{"a":1},"Body":{"b":2}}', { body: { b: 2 } }],
    ['{"body":{"a":1},"Body":null,"kind":"x"}', { body: null, kind: 'x' }],
    [
      '{ "worldId" : 1 , "a" : "}\\"{" , "WORLDID" : [ { } , "]" ] , "kind":-1.5e3 }',
      { worldId: [{}, ']'], kind: -1500 },
    ],
  ])('reads %s: any ASCII case, and the last of two names wins whole', (text, folded) => {
    expect(read(text)).toEqual(folded)
  })

  test('does not match letters that only Unicode folds to ASCII', () => {
    expect(read('{"\u212aind":1}')).toEqual({})
    expect(read('{"worldıd":1}')).toEqual({})
  })

  test('never touches a prototype', () => {
    const folded = read('{"__proto__":{"worldId":1},"constructor":{"prototype":{"kind":2}},"kind":3,"KIND":4}')
    expect(folded).toEqual({ kind: 4 })
    expect(Object.getPrototypeOf(folded)).toBe(Object.prototype)
    expect(Object.hasOwn(Object.prototype, 'kind')).toBe(false)
  })

  test('finds the last of two spellings inside the last of two bodies', () => {
    const text = '{"body":{"kind":1},"Body":{"kind":2,"Kind":3,"kind":4},"x":0}'
    expect(read(text, ['Body'])).toEqual({ kind: 4 })
  })

  test('agrees with one pass over the members in order, whatever the text', () => {
    const spelling = fc.constantFrom('worldId', 'WorldId', 'worldid', 'kind', 'KIND', 'body', '__proto__', 'x"\\', '')
    const member = fc.tuple(spelling, fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('', ' ', '\n\t', '\r'))
    fc.assert(
      fc.property(fc.array(member, { maxLength: 8 }), members => {
        const text = `{${members.map(([k, v, s]) => `${s}${JSON.stringify(k)}${s}:${s}${JSON.stringify(v, null, s)}${s}`).join()}}`
        const expected: Record<string, unknown> = {}
        for (const [key, value] of members) {
          const name = ['worldId', 'kind', 'body'].find(field => field.toLowerCase() === key.toLowerCase())
          if (name !== undefined) expected[name] = JSON.parse(JSON.stringify(value))
        }
        expect(read(text)).toEqual(expected)
      }),
    )
  })

  test('reads a megabyte of nesting without recursion', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(read(`{"kind":1,"x":${deep},"KIND":2}`)).toEqual({ kind: 2 })
  })
})

describe('how deep a text is nested', () => {
  const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}0${'}]'.repeat(levels / 2)}`

  test.each([
    ['at the limit', nested(200), false],
    ['one level beyond it', `[${nested(200)}]`, true],
    ['with more side by side than may stand in each other', `[${Array(300).fill('{}').join(',')}]`, false],
    ['with more in its texts than may stand in each other', `["${'[{'.repeat(300)}\\"${'['.repeat(300)}"]`, false],
    [
      'with too many in each other behind all that',
      `["${'{'.repeat(300)}",${Array(300).fill('[]')},${nested(200)}]`,
      true,
    ],
  ])('is told of one %s', (_, text, isDeeper) => {
    expect(JSON.parse(text)).toBeDefined()
    expect(isNestedDeeper(text, 200)).toBe(isDeeper)
  })
})
