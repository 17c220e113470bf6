// Charsets: the same words in the body, in the header and in a file name. The octets come from the codecs of Python and of libiconv.
import { base64, escaped, fromHex, percent, type Case } from '../case.ts';

const rows: readonly (readonly [charset: string, text: string, hex: string])[] = [
  ['utf-8', '日本語 café Привет 😀', 'e697a5e69cace8aa9e20636166c3a920d09fd180d0b8d0b2d0b5d18220f09f9880'],
  ['iso-8859-1', 'Déjà vu', '44e96ae0207675'],
  ['iso-8859-2', 'Zażółć gęślą', '5a61bff3b3e62067eab66cb1'],
  ['iso-8859-3', 'Ĉiuĵaŭde', 'c66975bc61fd6465'],
  ['iso-8859-4', 'Ķēdē', 'd3ba64ba'],
  ['iso-8859-5', 'Привет', 'bfe0d8d2d5e2'],
  ['iso-8859-6', 'مرحبا', 'e5d1cdc8c7'],
  ['iso-8859-7', 'Καλημέρα', 'cae1ebe7ecddf1e1'],
  ['iso-8859-8', 'שלום', 'f9ece5ed'],
  ['iso-8859-9', 'Günaydın şğ', '47fc6e617964fd6e20fef0'],
  ['iso-8859-10', 'Þörf', 'def67266'],
  ['iso-8859-13', 'Ačiū', '41e869fb'],
  ['iso-8859-14', 'Ŵyn', 'd0796e'],
  ['iso-8859-15', 'Prix: 5 €', '507269783a203520a4'],
  ['iso-8859-16', 'Mulțumesc', '4d756cfe756d657363'],
  ['windows-1250', 'Příliš žluťoučký', '50f8ed6c699a209e6c759d6f75e86bfd'],
  ['windows-1251', 'Съешь ещё', 'd1fae5f8fc20e5f9b8'],
  ['windows-1252', '“Quote” – €', '9351756f74659420962080'],
  ['windows-1253', 'Ελληνικά', 'c5ebebe7ede9eadc'],
  ['windows-1254', 'İstanbul’da', 'dd7374616e62756c926461'],
  ['windows-1255', 'שלום לך', 'f9ece5ed20ecea'],
  ['windows-1256', 'السلام عليكم', 'c7e1d3e1c7e320dae1eddfe3'],
  ['windows-1257', 'Žąsų', 'dee073f8'],
  ['windows-1258', 'Đây', 'd0e279'],
  ['windows-874', 'สวัสดี', 'cac7d1cab4d5'],
  ['tis-620', 'ภาษาไทย', 'c0d2c9d2e4b7c2'],
  ['koi8-r', 'Здравствуйте', 'fac4d2c1d7d3d4d7d5cad4c5'],
  ['koi8-u', 'Доброго дня, їжак', 'e4cfc2d2cfc7cf20c4ced12c20a7d6c1cb'],
  ['ibm866', 'Письмо', '8fa8e1ecacae'],
  ['cp437', 'naïve ½', '6e618b766520ab'],
  ['ibm850', 'Straße ±', '53747261e16520f1'],
  ['cp852', 'Dziękuję', '447a69a96b756aa9'],
  ['macintosh', 'Ångström', '816e677374729a6d'],
  ['viscii', 'Chào bạn', '4368e06f2062d56e'],
  ['iso-2022-jp', '山田花子です', '1b24423b33454432563b52244724391b2842'],
  ['iso-2022-jp-1', '丂侂 山田', '1b2428443021307d1b2842201b24423b3345441b2842'],
  ['iso-2022-jp-2', '日本 中国 한국', '1b2442467c4b5c1b2842201b2442436639711b2842201b242843475131391b2842'],
  ['iso-2022-jp-ext', 'ｱｲｳ 山田', '1b28493132331b2842201b24423b3345441b2842'],
  ['shift_jis', '件名：ありがとう', '8c8f96bc814682a082e882aa82c682a4'],
  ['cp932', '①㈱髙橋', '8740878aeee08bb4'],
  ['euc-jp', 'お世話になっております', 'a4aac0a4cfc3a4cba4caa4c3a4c6a4aaa4eaa4dea4b9'],
  ['gb2312', '你好，世界', 'c4e3bac3a3accac0bde7'],
  ['gbk', '丂你镕', '8140c4e3e946'],
  ['gb18030', '你好 㐀', 'c4e3bac3208139ee39'],
  ['hz-gb-2312', '你好 ~ 世界', '7e7b44633a437e7d207e7e207e7b4a403d677e7d'],
  ['iso-2022-cn', '中文', '1b2429410e56504e440f'],
  ['big5', '您好，臺灣', 'b17aa66ea141bb4fc657'],
  ['big5-hkscs', '香港', 'adbbb4e4'],
  ['euc-kr', '안녕하세요', 'bec8b3e7c7cfbcbcbfe4'],
  ['cp949', '똠방각하 뷁', '8c63b9e6b0a2c7cf2094ee'],
  ['iso-2022-kr', '한글 메일', '1b2429430e4751315b0f200e385e404f0f'],
  ['utf-7', 'Hi ☺ あ+', '4869202b4a6a6f202b4d4549414b772d'],
  ['utf-16', '日本 A', 'fffee5652c6720004100'],
  ['utf-16le', '日本 B', 'e5652c6720004200'],
  ['utf-16be', '日本 C', '65e5672c00200043'],
  ['utf-32', '日 D', 'fffe0000e56500002000000044000000'],
];

export const charsetCases: readonly Case[] = rows.flatMap(([charset, text, hex], index): Case[] => {
  const octets = fromHex(hex);
  const wide = charset.startsWith('utf-16') || charset.startsWith('utf-32');
  // Bodies go round: base64, quoted-printable, as they are.
  const encoding = wide || index % 3 === 0 ? 'base64' : index % 3 === 1 ? 'quoted-printable' : '8bit';
  const body = encoding === 'base64' ? base64(octets) : encoding === 'quoted-printable' ? escaped(octets) : octets;
  return [
    {
      name: `charset-${charset}-body`,
      about: `a body in ${charset}, ${encoding}`,
      raw: `From: a@example.org\nTo: b@example.org\nSubject: test\nMIME-Version: 1.0\nContent-Type: text/plain; charset=${charset}\nContent-Transfer-Encoding: ${encoding}\n\n${body}`,
      structure: 'text/plain',
      subject: 'test',
      texts: [text],
    },
    {
      name: `charset-${charset}-header`,
      about: `a subject (B), a name (Q) and a file name (RFC 2231) in ${charset}`,
      raw:
        `From: =?${charset.toUpperCase()}?Q?${escaped(octets)}?= <a@example.org>\nTo: b@example.org\nSubject: =?${charset}?B?${base64(octets)}?=\nMIME-Version: 1.0\n` +
        `Content-Type: application/octet-stream\nContent-Disposition: attachment;\n filename*=${charset}''${percent(octets)}\nContent-Transfer-Encoding: base64\n\nAAAA\n`,
      structure: 'application/octet-stream',
      subject: text,
      from: [`${text} <a@example.org>`],
      files: [text],
    },
  ];
});
