// Letters that are made to hurt whoever reads them (reliability B-060 to B-079). Knows how they are built; all of them are letters that a server
// must store and give back octet by octet.

export interface HostileLetter {
  readonly name: string;
  readonly octets: Buffer;
  /** Holds octets that SMTP without BINARYMIME does not carry: NUL, bare CR or LF. */
  readonly binary?: true;
}

const usual = 'From: a@client.example\r\nTo: b@client.example\r\nDate: Mon, 1 Jun 2026 09:00:00 +0900\r\n';

function plain(name: string, header: string, body = 'body\r\n'): HostileLetter {
  return { name, octets: Buffer.from(`${usual}${header}\r\n${body}`, 'latin1') };
}

function repeated(count: number, each: (index: number) => string): string {
  const parts: string[] = [];
  for (let index = 0; index < count; index++) parts.push(each(index));
  return parts.join('');
}

function mime(name: string, type: string, body: string): HostileLetter {
  return plain(name, `MIME-Version: 1.0\r\nContent-Type: ${type}\r\n`, body);
}

export function hostileLetters(): HostileLetter[] {
  const nested = (depth: number) =>
    repeated(depth, (index) => `--b${index}\r\nContent-Type: multipart/mixed; boundary=b${index + 1}\r\n\r\n`);
  const inner = (depth: number) => repeated(depth, () => 'Content-Type: message/rfc822\r\n\r\n');
  const allOctets = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const part = (header: string, body: string) => `--b\r\n${header}\r\n\r\n${body}\r\n--b--\r\n`;
  const mixed = 'multipart/mixed; boundary=b';
  return [
    mime('B-060 multipart 10,000 deep', 'multipart/mixed; boundary=b0', nested(10_000)),
    mime('B-061 200,000 empty parts', mixed, `${'--b\r\n\r\n'.repeat(200_000)}--b--\r\n`),
    plain('B-062 one field of 10 MB', `X-Long: ${'x'.repeat(10_000_000)}\r\n`),
    plain(
      'B-062 100,000 fields',
      repeated(100_000, (index) => `X-${index}: y\r\n`),
    ),
    { name: 'B-062 a header without end', octets: Buffer.from(usual + repeated(50_000, (index) => `Subject: ${index}\r\n`)) },
    plain(
      'B-063 1,000,000 addresses',
      `Cc: ${repeated(1_000_000, (index) => (index % 100 === 99 ? 'a@b.cc,\r\n ' : 'a@b.cc,'))}a@b.cc\r\n`,
    ),
    plain('B-063 groups within groups', `Cc: ${'a:'.repeat(10_000)}${';'.repeat(10_000)}\r\n`),
    plain('B-063 1,000,000 comments', `Cc: ${'('.repeat(1_000_000)}\r\n`),
    plain('B-063 a comment that ends in a backslash', 'Cc: a@b.cc (\\\r\n'),
    mime('B-064 100,000 parameters', `text/plain; ${repeated(100_000, (index) => `x*${index}*=a;\r\n `)}x*99999999=b; x*0*=c`, 'body\r\n'),
    mime('B-065 a boundary of 10 KB', `multipart/mixed; boundary="${'b'.repeat(10_000)}"`, `--${'b'.repeat(10_000)}\r\n\r\nx\r\n`),
    mime('B-065 an empty boundary', 'multipart/mixed; boundary=""', '--\r\n\r\nx\r\n----\r\n'),
    mime(
      'B-065 a boundary that begins another',
      'multipart/mixed; boundary=a',
      '--a\r\nContent-Type: multipart/mixed; boundary=aa\r\n\r\n--aa\r\n\r\nx\r\n--aa--\r\n--a--\r\n',
    ),
    mime('B-065 no boundary', 'multipart/mixed', '--b\r\n\r\nx\r\n--b--\r\n'),
    mime('B-066 two boundaries', 'multipart/mixed; boundary=a; boundary=b', '--a\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n--a--\r\n'),
    mime('B-066 two types', 'text/plain\r\nContent-Type: multipart/mixed; boundary=b', part('', 'x')),
    mime('B-067 base64 with rubbish', mixed, part('Content-Transfer-Encoding: base64', '!!!=QUJ D=\x80===')),
    mime('B-067 encodings that are none', mixed, part('Content-Transfer-Encoding: x-y\r\nContent-Transfer-Encoding: base64', '=\r\n=0')),
    mime(
      'B-068 three names',
      mixed,
      part('Content-Disposition: attachment; filename="..\\..\\x"; filename*=utf-8\'\'a%0a.exe; filename="=?utf-8?q?CON?="', 'x'),
    ),
    mime('B-069 a part without an empty line', mixed, '--b\r\nContent-Type: text/plain\r\n--b--\r\n'),
    { name: 'B-069 an envelope line first', octets: Buffer.from(`From a@b Mon Jun  1 09:00:00 2026\r\n${usual}\r\nbody\r\n`) },
    plain('B-069 folds of nothing', 'Subject: a\r\n \r\n\t\r\n b\r\n'),
    mime('B-070 letters within letters, 1,000 deep', 'message/rfc822', inner(1_000)),
    plain(
      'B-073 500,000 encoded words',
      `Subject: ${repeated(500_000, (index) => (index % 50 === 49 ? '=?utf-8?q?=E3?=\r\n ' : '=?utf-8?q?=E3?= '))}\r\n`,
    ),
    plain('B-073 charsets that are none', 'Subject: =?x-../../etc/passwd?b?AAAA?= =?utf-7?q?+ADw-script+AD4-?= =?iso-2022-jp?b?GyRC?=\r\n'),
    plain('B-074 dates', `${repeated(10, (index) => `Date: Mon, 30 Feb 99999 25:61:00 -9999 (${index})\r\n`)}`),
    plain('B-075 a Message-ID of 10 KB', `Message-ID: <${'x'.repeat(10_000)}@b>\r\n`),
    plain('B-076 100,000 references', `References:${repeated(100_000, (index) => ` <${index}@b>${index % 40 === 39 ? '\r\n' : ''}`)}\r\n`),
    plain('B-077 one line of 25 MB', 'Subject: long\r\n', `${'x'.repeat(25_000_000)}\r\n`),
    {
      name: 'B-078 all octets',
      octets: Buffer.concat([Buffer.from(`${usual}\r\n`), ...Array<Buffer>(100).fill(allOctets), Buffer.from('\r\n')]),
      binary: true,
    },
    {
      name: 'B-078 UTF-16 with a BOM',
      octets: Buffer.concat([
        Buffer.from(`${usual}Content-Type: text/plain; charset=utf-16\r\n\r\n\xff\xfe`, 'latin1'),
        Buffer.from('手紙\r\n'.repeat(100), 'utf16le'),
        Buffer.from('\r\n'),
      ]),
      binary: true,
    },
    mime('B-078 halves of characters', 'text/plain; charset=utf-8', '\xed\xa0\x80\xc0\xaf\xef\xbb\xbf\xff\xfe\r\n'),
  ];
}
