import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readVCards, writeVCards, type Person } from './vcard.ts';

const card = (...lines: string[]): string => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n');

suite('vCards', () => {
  const rows: readonly (readonly [what: string, text: string, read: readonly Partial<Person>[] | null])[] = [
    [
      '4.0 with a reading',
      card('VERSION:4.0', 'FN:山田 太郎', 'N;SORT-AS="やまだ,たろう":山田;太郎;;;', 'EMAIL;TYPE=work:taro@example.jp'),
      [{ name: '山田 太郎', reading: 'やまだ たろう', addresses: [{ email: 'taro@example.jp', label: 'work' }] }],
    ],
    [
      '3.0 of a phone',
      card('VERSION:3.0', 'N:山田;太郎;;;', 'FN:山田 太郎', 'X-PHONETIC-FIRST-NAME:たろう', 'X-PHONETIC-LAST-NAME:やまだ', 'item1.EMAIL;type=INTERNET:a@example.jp', 'item1.X-ABLabel:仕事'),
      [{ reading: 'やまだ たろう', addresses: [{ email: 'a@example.jp', label: '' }] }],
    ],
    [
      '2.1 of an older phone, quoted-printable in Shift_JIS with a soft line end',
      card('VERSION:2.1', 'N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8E=52=93=63;=91=BE=\r\n=98=59;;;', 'SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:ﾔﾏﾀﾞ;ﾀﾛｳ;;;', 'EMAIL:t@docomo.ne.jp'),
      [{ name: '山田 太郎', reading: 'ﾔﾏﾀﾞ ﾀﾛｳ' }],
    ],
    ['folded and escaped', card('VERSION:4.0', 'FN:Smith\\, Ann', 'NOTE:one\\ntwo', '  and more', 'EMAIL:ann@exam', ' ple.org'), [{ name: 'Smith, Ann', note: 'one\ntwo and more' }]],
    ['names without FN', card('VERSION:3.0', 'N:Smith;Ann;B;;', 'EMAIL:a@b.cd'), [{ name: 'Ann B Smith' }]],
    [
      'a group by mail addresses and by UID',
      card('VERSION:4.0', 'UID:urn:uuid:1', 'FN:Hana', 'EMAIL:h@b.cd') + card('VERSION:4.0', 'KIND:group', 'FN:会', 'MEMBER:urn:uuid:1', 'MEMBER:mailto:x@b.cd'),
      [{ name: 'Hana' }, { kind: 'group', addresses: [{ email: 'h@b.cd', label: 'Hana' }, { email: 'x@b.cd', label: '' }] }],
    ],
    ['a line that is none, however many quotes it has', card('FN:A', `EMAIL;X=${'"",'.repeat(60)}`, 'EMAIL;TYPE="a:b",home:a@b.cd'), [{ name: 'A', addresses: [{ email: 'a@b.cd', label: 'home' }] }]],
    ['nothing in it', card('VERSION:4.0', 'TEL:1'), []],
    ['no vCard', 'name,mail\nA,a@b.cd', null],
  ]; // prettier-ignore
  for (const [what, text, read] of rows)
    test(what, () => {
      const people = readVCards(text);
      assert.equal(people?.length, read?.length);
      for (const [at, expected] of (read ?? []).entries())
        for (const [name, value] of Object.entries(expected)) assert.deepEqual(people![at]![name as keyof Person], value);
    });

  test('what is written is read again, in either version, in lines of 75 octets', () => {
    const text = fc.stringMatching(/^[a-z山田ぱ,;\\ 😀]{0,60}$/u).map((name) => name.replace(/\s+/g, ' ').trim());
    const person = fc.record(
      {
        name: text.map((name) => name || 'x'),
        reading: fc.constantFrom('', 'やまだ', 'やまだ たろう'),
        kind: fc.constantFrom('person' as const, 'group' as const),
        addresses: fc.array(
          fc.record({ email: fc.constantFrom('a@b.cd', 'q+w@example.jp'), label: fc.constant('') }, { noNullPrototype: true }),
          { maxLength: 3 },
        ),
        note: text,
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(person, { maxLength: 4 }), fc.constantFrom('3.0' as const, '4.0' as const), (people, version) => {
        const file = writeVCards(people, version);
        for (const line of file.split('\r\n')) assert.ok(new TextEncoder().encode(line).length <= 75);
        assert.deepEqual(file === '' ? [] : readVCards(file), people);
      }),
    );
  });
});
