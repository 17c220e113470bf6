// What a list's letters say about leaving it: RFC 8058 and RFC 2369, and what is no such thing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../base/bytes.ts';
import { readUnsubscribe } from './unsubscribe.ts';

const post = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n';
const rows: readonly (readonly [title: string, header: string, oneClick: string | null, mailto: string | null, page: string | null])[] = [
  ['nothing', 'Subject: x\r\n', null, null, null],
  [
    'both, with the post',
    `List-Unsubscribe: <mailto:out@l.test?subject=out>, <https://l.test/o?x=1>\r\n${post}`,
    'https://l.test/o?x=1',
    'mailto:out@l.test?subject=out',
    'https://l.test/o?x=1',
  ],
  ['without the post: a page', 'List-Unsubscribe: <https://l.test/o>\r\n', null, null, 'https://l.test/o'],
  ['in the clear: never by a press', `List-Unsubscribe: <http://l.test/o>\r\n${post}`, null, null, 'http://l.test/o'],
  [
    'folded, with spaces in the address',
    `List-Unsubscribe:\r\n <https://l.test/\r\n  long>\r\n${post}`,
    'https://l.test/long',
    null,
    'https://l.test/long',
  ],
  ['another post', 'List-Unsubscribe: <https://l.test/o>\r\nList-Unsubscribe-Post: Something=Else\r\n', null, null, 'https://l.test/o'],
  ['twice', `List-Unsubscribe: <https://l.test/o>\r\nList-Unsubscribe: <https://evil.test/>\r\n${post}`, null, null, 'https://l.test/o'],
  ['a name in it', `List-Unsubscribe: <https://me:pw@l.test/o>\r\n${post}`, null, null, null],
  [
    'what is no such address',
    `List-Unsubscribe: <javascript:alert(1)>, <file:///etc/passwd>, https://bare.test\r\n${post}`,
    null,
    null,
    null,
  ],
];

for (const [title, header, oneClick, mailto, page] of rows)
  test(title, () => {
    assert.deepEqual(readUnsubscribe(bytesFromUtf8(`${header}\r\nbody\r\n`)), { oneClick, mailto, page });
  });
