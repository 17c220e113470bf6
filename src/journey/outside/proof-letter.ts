// The letter that an account sends to itself to prove that letters really travel. Knows its words; sends nothing.
import type { Bytes } from '../../base/bytes.ts';
import { buildLetter } from '../../message/build/letter.ts';

const subject = 'はじめの手紙が届きました / Your first letter has arrived';

const text = `こんにちは。

これは、Tayori があなたのアドレスからあなたのアドレスへ送った、ためしの手紙です。
送る窓口から出て、受け取る窓口まで無事に届きました。
これで準備は終わりです。この手紙は消してかまいません。

--

Hello,

this is a letter that Tayori sent from your address to your own address, to see whether letters really travel.
It left by the sending counter and came back by the receiving one.
All is ready now. You may delete this letter.
`;

/** Octets of the letter, with CRLF line ends. `id` without angle brackets. @throws SyntaxTrouble for what is no address. */
export function proofLetter({ address, name, id, time }: { address: string; name: string | null; id: string; time: number }): Bytes {
  const at = address.lastIndexOf('@');
  const self = { kind: 'mailbox', name, route: null, local: address.slice(0, at), domain: address.slice(at + 1) } as const;
  return buildLetter({
    // RFC 3834 §5: nobody's holiday answers this.
    fields: [['Auto-Submitted', 'auto-generated']],
    date: { time },
    from: [self],
    to: [self],
    subject,
    messageId: id,
    body: { kind: 'text', subtype: 'plain', text },
  });
}
