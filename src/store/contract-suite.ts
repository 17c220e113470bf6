// Every rule of the store contract as a test. Whoever writes an engine calls `runStoreSuite` in its test file; all engines pass the same.
// Knows contract.ts; knows no engine, except that the memory engine is the oracle of the random test.
import { suite } from 'node:test';
import { deliverySuite } from './suite/delivery-suite.ts';
import { durableSuite } from './suite/durable-suite.ts';
import { itemFaultsSuite } from './suite/item-faults-suite.ts';
import { itemsSuite } from './suite/items-suite.ts';
import { lawSuite } from './suite/law-suite.ts';
import { lettersSuite } from './suite/letters-suite.ts';
import { mailboxSuite } from './suite/mailbox-suite.ts';
import { modelSuite } from './suite/model-suite.ts';
import { shelfModelSuite } from './suite/shelf-model-suite.ts';
import { shelfSuite } from './suite/shelf-suite.ts';
import type { OpenStore } from './suite/stand-suite.ts';
import { uploadsSuite } from './suite/uploads-suite.ts';

export type { OpenedStore, OpenStore } from './suite/stand-suite.ts';

export function runStoreSuite(name: string, open: OpenStore): void {
  suite(`store: ${name}`, () => {
    suite('mailboxes', () => mailboxSuite(open));
    suite('letters', () => lettersSuite(open));
    suite('delivery', () => deliverySuite(open));
    suite('items', () => itemsSuite(open));
    suite('uploads', () => uploadsSuite(open));
    suite('items and uploads when something breaks', () => itemFaultsSuite(open));
    suite('laws', () => lawSuite(open));
    suite('durability', () => durableSuite(open));
    suite('model', () => modelSuite(open));
    suite('shelf', () => shelfSuite(open));
    suite('shelf model', () => shelfModelSuite(open));
  });
}
