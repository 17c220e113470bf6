import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { whoAnswers, type Answering } from './who-answers.ts';

const rows: [octets: string, who: Answering][] = [
  ['* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n', 'imap'],
  ['* PREAUTH welcome\r\n', 'imap'],
  ['* BYE too many connections\r\n', 'imap'],
  ['+OK POP3 ready <1896.697170952@dbc.mtview.ca.us>\r\n', 'pop3'],
  ['-ERR [SYS/TEMP] later\r\n', 'pop3'],
  ['220 mx.example.test ESMTP Postfix\r\n', 'smtp'],
  ['220-two lines\r\n220 here\r\n', 'smtp'],
  ['554 5.7.1 no\r\n', 'smtp'],
  ['421 busy\r\n', 'smtp'],
  ['220 ProFTPD Server ready\r\n', 'ftp'],
  ['220 ftp.example.test ESMTP Postfix\r\n', 'smtp'],
  ['220 (vsFTPd 3.0.3)\r\n', 'ftp'],
  ['HTTP/1.1 400 Bad Request\r\n', 'http'],
  ['<!DOCTYPE html><html>', 'http'],
  ['<html><body>400 Bad Request', 'http'],
  ['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'ssh'],
  ['\x15\x03\x03\x00\x02\x02\x28', 'tls'],
  ['\x16\x03\x03\x00\x7a\x02', 'tls'],
  ['', 'unknown'],
  ['hello\r\n', 'unknown'],
  ['22', 'unknown'],
];

for (const [octets, who] of rows)
  test(`whoAnswers ${JSON.stringify(octets)}: ${who}`, () => assert.equal(whoAnswers(bytesFromLatin1(octets)), who));
