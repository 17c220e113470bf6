// Puts letters into threads: ORDEREDSUBJECT and REFERENCES (RFC 5256 §3, BASE.6.4.THREAD). Knows columns of facts and trees; knows no
// mailbox and no store. Every walk is a loop: a chain of a hundred thousand replies is no deep recursion.
import { collationKey } from './sort.ts';

/** Facts of the searched letters, all in ascending order of sequence numbers. */
export interface ThreadColumns {
  readonly count: number;
  /** RFC 5256 §2.2 sent dates, as `sentDates` makes them. */
  readonly dates: ArrayLike<number>;
  readonly baseSubjects: readonly (string | undefined)[];
  /** Subjects before anything was removed; only REFERENCES looks at them. */
  readonly subjects?: readonly (string | undefined)[];
  readonly messageIds?: readonly (string | undefined)[];
  readonly references?: readonly (readonly string[] | undefined)[];
}

/** A letter (index into the columns), or a dummy (-1) that only holds siblings together, and its replies in order. */
export interface ThreadNode {
  readonly letter: number;
  readonly children: readonly ThreadNode[];
}

/** RFC 5256 §3 ORDEREDSUBJECT. */
export function threadBySubject(columns: ThreadColumns): ThreadNode[] {
  const { dates } = columns;
  const order = Array.from({ length: columns.count }, (_, i) => i).sort((a, b) => dates[a]! - dates[b]! || a - b);
  const threads = new Map<string, { letter: number; children: ThreadNode[] }>();
  // In the order of dates a subject is first met at its thread's first letter, so the map is in the order of threads.
  for (const letter of order) {
    const subject = collationKey(columns.baseSubjects[letter] ?? '');
    const thread = threads.get(subject);
    if (thread) thread.children.push({ letter, children: [] });
    else threads.set(subject, { letter, children: [] });
  }
  return [...threads.values()];
}

class Node implements ThreadNode {
  letter = -1;
  parent: Node | null = null;
  /** How many nodes have this one as their parent, while links are made. */
  linked = 0;
  children: Node[] = [];
}

/** RFC 5256 §3 REFERENCES; the numbers are those of its steps. */
export function threadByReferences(columns: ThreadColumns): ThreadNode[] {
  const { dates, count } = columns;
  const forest = new Forest();
  const byId = new Map<string, Node>();
  const letters: Node[] = [];

  // (1) A letter whose id is missing or taken by an earlier one keeps a node of its own, which no reference finds.
  for (let i = 0; i < count; i++) {
    const id = columns.messageIds?.[i] ?? '';
    const node = new Node();
    node.letter = i;
    letters.push(node);
    if (id !== '' && !byId.has(id)) byId.set(id, node);
  }
  for (let i = 0; i < count; i++) {
    const node = letters[i]!;
    let last: Node | null = null;
    // (1.A)
    for (const id of columns.references?.[i] ?? []) {
      let reference = byId.get(id);
      if (!reference) byId.set(id, (reference = new Node()));
      if (last !== null && reference.parent === null) forest.link(last, reference);
      last = reference;
    }
    // (1.B)
    if (node.parent !== null) forest.unlink(node);
    if (last !== null) forest.link(last, node);
  }
  for (const node of new Set([...letters, ...byId.values()])) node.parent?.children.push(node);

  // (2)
  let root: Node[] = [];
  for (const node of new Set([...letters, ...byId.values()])) if (node.parent === null) root.push(node);
  // (3)
  root = prune(root);
  // (4)
  const dateOf = (node: Node): number => dates[firstLetter(node)]!;
  const byDate = (a: Node, b: Node): number => dateOf(a) - dateOf(b) || firstLetter(a) - firstLetter(b);
  for (const node of root) if (node.letter < 0) node.children.sort(byDate);
  root.sort(byDate);
  // (5)
  root = gatherSubjects(root, columns);
  // (6)
  for (const node of postOrder(root)) node.children.sort(byDate);
  return root.sort(byDate);
}

/** The letter of a node, or of a dummy's first child: below the root, dummies are gone. */
function firstLetter(node: Node): number {
  while (node.letter < 0) node = node.children[0]!;
  return node.letter;
}

/**
 * Links that never make a loop. A node below which nothing hangs yet cannot close one, which is the ordinary case of letters in the order of
 * their writing. Else the way up is climbed; letters made to make that long (each the parent of the one before) use up a budget, after
 * which such links are left out.
 */
class Forest {
  #budget = 20_000_000;

  link(parent: Node, child: Node): void {
    if (parent === child) return;
    if (child.linked > 0)
      for (let above: Node | null = parent; above !== null; above = above.parent) if (above === child || --this.#budget < 0) return;
    child.parent = parent;
    parent.linked++;
  }

  unlink(child: Node): void {
    if (child.parent !== null) child.parent.linked--;
    child.parent = null;
  }
}

/** (3) Dummies without children go; dummies with children are replaced by them, except that at the top several stay together. */
function prune(root: Node[]): Node[] {
  // Children first, so that what a dummy hands up is already pruned.
  for (const node of postOrder(root)) {
    if (node.children.every((child) => child.letter >= 0)) continue;
    const kept: Node[] = [];
    for (const child of node.children) {
      if (child.letter >= 0) kept.push(child);
      else for (const grandchild of child.children) kept.push(grandchild);
    }
    for (const child of kept) child.parent = node;
    node.children = kept;
  }
  const kept: Node[] = [];
  for (const node of root) {
    if (node.letter >= 0 || node.children.length > 1) kept.push(node);
    else if (node.children.length === 1) {
      node.children[0]!.parent = null;
      kept.push(node.children[0]!);
    }
  }
  return kept;
}

/** (5) Threads whose first letters have the same base subject become one. */
function gatherSubjects(root: Node[], columns: ThreadColumns): Node[] {
  const subjectOf = (node: Node): string => collationKey(columns.baseSubjects[firstLetter(node)] ?? '');
  const isReply = (node: Node): boolean => isReplyOrForward(columns.subjects?.[firstLetter(node)] ?? '');
  // (5.B)
  const table = new Map<string, Node>();
  for (const node of root) {
    const subject = subjectOf(node);
    if (subject === '') continue;
    const there = table.get(subject);
    if (!there || (there.letter >= 0 && (node.letter < 0 || (isReply(there) && !isReply(node))))) table.set(subject, node);
  }
  // (5.C) A node that is merged stands below another; `merged` says which have left the top.
  const merged = new Set<Node>();
  const added = new Map<Node, Node>();
  for (const node of root) {
    const subject = subjectOf(node);
    const there = subject === '' ? undefined : table.get(subject);
    if (!there || there === node || merged.has(node)) continue;
    if (there.letter < 0 && node.letter < 0) {
      for (const child of node.children) there.children.push(child);
      merged.add(node);
    } else if (there.letter < 0 || (isReply(node) && !isReply(there))) {
      there.children.push(node);
      merged.add(node);
    } else {
      const dummy = new Node();
      dummy.children = [there, node];
      merged.add(node).add(there);
      added.set(there, dummy);
      table.set(subject, dummy);
    }
  }
  const kept: Node[] = [];
  for (const node of root) {
    const dummy = added.get(node);
    if (dummy) kept.push(dummy);
    else if (!merged.has(node)) kept.push(node);
  }
  return kept;
}

/** Every node after all that hang below it, without recursion. */
function postOrder(root: readonly Node[]): Node[] {
  const order: Node[] = [];
  const waiting = [...root];
  for (let node; (node = waiting.pop());) {
    order.push(node);
    for (const child of node.children) waiting.push(child);
  }
  return order.toReversed();
}

/**
 * RFC 5256 §3: whether finding the base subject takes away a subj-refwd, a `(fwd)` at the end, or a `[fwd: … ]` around all of it (§5).
 * The subject is decoded, spaces joined.
 */
export function isReplyOrForward(subject: string): boolean {
  let text = subject.trim();
  for (;;) {
    if (/\(fwd\)$/i.test(text)) return true;
    if (/^\[fwd:/i.test(text) && text.endsWith(']')) return true;
    // subj-leader = (*subj-blob subj-refwd) / WSP; subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
    const word = /^(?:re|fwd?)\s*/i.exec(text);
    if (word) {
      const blob = blobEnd(text, word[0].length);
      return text[blob ?? word[0].length] === ':';
    }
    // Blobs before it are taken away one by one; each pass makes the text shorter.
    const blob = blobEnd(text, 0);
    if (blob === null) return false;
    text = text.slice(blob);
  }
}

/** subj-blob = "[" *BLOBCHAR "]" *WSP: where it ends, or null when there is none at `at`. */
function blobEnd(text: string, at: number): number | null {
  if (text[at] !== '[') return null;
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '[') return null;
    if (text[i] === ']') {
      for (i++; text[i] === ' ' || text[i] === '\t'; i++);
      return i;
    }
  }
  return null;
}

/**
 * RFC 5256 §5 thread-list: `(2)(3 6 (4 23)(44 7 96))`. `numberOf` gives the sequence number or UID of a letter.
 */
export function formatThreads(threads: readonly ThreadNode[], numberOf: (letter: number) => number): string {
  const pieces: string[] = [];
  /** What is still to be written: a node that opens a thread, or the end of one. */
  const waiting: (ThreadNode | ')')[] = [];
  for (let i = threads.length - 1; i >= 0; i--) waiting.push(threads[i]!);
  for (let next; (next = waiting.pop()) !== undefined;) {
    if (next === ')') {
      pieces.push(')');
      continue;
    }
    pieces.push('(');
    let node = next;
    if (node.letter >= 0) {
      pieces.push(`${numberOf(node.letter)}`);
      // An only child follows its parent without parentheses.
      while (node.children.length === 1) pieces.push(` ${numberOf((node = node.children[0]!).letter)}`);
      if (node.children.length > 0) pieces.push(' ');
    }
    waiting.push(')');
    for (let i = node.children.length - 1; i >= 0; i--) waiting.push(node.children[i]!);
  }
  return pieces.join('');
}
