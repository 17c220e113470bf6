// A letter on paper: its own document, made for that by the server, in a frame that may open the browser's dialogue. Nothing runs in it: the dialogue is
// asked for from here. Knows the page; knows no letter.
import { printAddress } from './frame-address.ts';

/** Beyond this nobody is at the dialogue any more. */
const patienceMs = 600_000;

/** `away`: told when the letter for paper could not be had, such as without a network. */
export function printLetter(accountId: string, emailId: string, images: boolean, language: string, away: () => void): void {
  document.querySelector('iframe[data-print]')?.remove();
  const frame = document.createElement('iframe');
  frame.dataset['print'] = '';
  frame.setAttribute('sandbox', 'allow-same-origin allow-modals');
  frame.setAttribute('aria-hidden', 'true');
  frame.tabIndex = -1;
  frame.className = 'out-of-sight';
  frame.src = printAddress(accountId, emailId, images, language, Intl.DateTimeFormat().resolvedOptions().timeZone);
  frame.addEventListener('load', () => {
    const paper = frame.contentWindow;
    if (!paper) return;
    // What the browser or the server says in its place is no letter, and nobody wants it on paper.
    if (!frame.contentDocument?.querySelector('meta[name="tayori-letter"]')) {
      frame.remove();
      return away();
    }
    paper.addEventListener('afterprint', () => frame.remove());
    paper.focus();
    paper.print();
    setTimeout(() => frame.remove(), patienceMs);
  });
  document.body.append(frame);
}
