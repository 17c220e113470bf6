// The embedded engine passes the store suite with three shards, with its shard in a thread of its own, and with an index for searching.
import { suite } from 'node:test';
import { runStoreSuite } from '../../src/store/contract-suite.ts';
import { deliverySuite } from '../../src/store/suite/delivery-suite.ts';
import { lettersSuite } from '../../src/store/suite/letters-suite.ts';
import { openForTest } from '../support/embedded-store.ts';

runStoreSuite('embedded, three shards', () => openForTest(3, false, false));

// What differs in a thread is the way there: the jobs with octets and those with rows are enough to see it.
suite('store: embedded, one shard in a thread', () => {
  lettersSuite(() => openForTest(1, true, false));
  deliverySuite(() => openForTest(1, true, false));
});

suite('store: embedded, with an index', () => lettersSuite(() => openForTest(2, false, false, true)));
