// Letters on their way by mouse to a mailbox: what is carried along and the word beside the pointer. Knows the desk; the mailboxes take them there.
import type { Row } from '../../engine/contract.ts';
import { o } from '../../texts/order.ts';
import { desk } from './desk.svelte.ts';

/** Style: letter-row.svelte. */
const ghostClass = 'dragged-letters';

export function dragLetters(event: DragEvent, rows: readonly Row[]): void {
  const carried = event.dataTransfer;
  if (!carried) {
    event.preventDefault();
    return;
  }
  desk.dragged = rows;
  carried.effectAllowed = 'copyMove';
  carried.setData('text/plain', rows.map(({ subject }) => subject).join('\n'));
  const ghost = document.createElement('div');
  ghost.className = ghostClass;
  ghost.textContent = o.dragging(rows.length);
  document.body.append(ghost);
  carried.setDragImage(ghost, 12, 12);
  requestAnimationFrame(() => ghost.remove());
}
