// Large letters in their thread: the same document as at once, several after one another, and the program goes on meanwhile.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { openLetterWriter, type DocumentQuestion } from './letter-thread.ts';
import { isSigned, pictureAddress } from './picture-address.ts';

function question(html: string): DocumentQuestion {
  const octets = Buffer.from(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`);
  return { octets, address: '/letter/A1/M2', pictures: { key: Buffer.alloc(32), person: 7 }, theme: 'light', plain: false, language: 'en' };
}

suite('large letters', () => {
  test('are written in a thread, as small ones are at once', async () => {
    const writer = openLetterWriter(silentLog);
    const html = '<p>便り <img src="https://a.test/x.png"></p>';
    const small = await writer.write(question(html.repeat(10)));
    const large = await Promise.all([1, 2].map(() => writer.write(question(html.repeat(5_000)))));
    const paragraph = /<p>.*?<\/p>/.exec(small.html)![0];
    assert.match(paragraph, /<img src="\/image-proxy\?u=https%3A%2F%2Fa\.test%2Fx\.png&amp;s=[\w-]{22}">/);
    for (const document of large) {
      assert.equal(document.html.split(paragraph).length - 1, 5_000);
      assert.deepEqual([document.form, document.remote], ['html', 1]);
    }
  });

  test('what is too tangled comes as text', async () => {
    const { html } = await openLetterWriter(silentLog).write(question('<b>x'.repeat(100_000)));
    assert.match(html, /too large or too tangled/);
  });
});

test('an address of a picture is good for one person and one picture', () => {
  const key = Buffer.alloc(32, 1);
  const url = new URL(pictureAddress(key, 7, 'https://a.test/x?y=1&z'), 'https://mail.test');
  const [address, signature] = [url.searchParams.get('u')!, url.searchParams.get('s')!];
  assert.equal(address, 'https://a.test/x?y=1&z');
  assert.equal(isSigned(key, 7, address, signature), true);
  assert.equal(isSigned(key, 8, address, signature), false);
  assert.equal(isSigned(key, 7, `${address}1`, signature), false);
  assert.equal(isSigned(Buffer.alloc(32), 7, address, signature), false);
  for (const bad of ['', 'x', `${signature}A`]) assert.equal(isSigned(key, 7, address, bad), false);
});
