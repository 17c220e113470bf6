// The embedded engine passes the store suite, with one shard and every statement failing in turn. With more shards, a thread, an index:
// test/store/embedded-variants.test.ts.
import { runStoreSuite } from '../../store/contract-suite.ts';
import { openForTest } from '../../../test/support/embedded-store.ts';

runStoreSuite('embedded, one shard', () => openForTest(1, false, true));
