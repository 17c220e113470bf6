// `urn:ietf:params:jmap:core`: the limits and Core/echo (RFC 8620 §2, §4); Blob/copy (§6.3) and PushSubscription (§7.2) stand beside it. Knows
// no object of mail.
import type { Method, MethodGroup } from './contract.ts';
import { collations, coreLimits } from './limits.ts';

const coreCapability = 'urn:ietf:params:jmap:core';

/** `more`: the other methods of the core. */
export function coreGroup(more: Readonly<Record<string, Method>> = {}): MethodGroup {
  return {
    capability: coreCapability,
    // "The Core/echo method returns exactly the same arguments as it is given."
    methods: { 'Core/echo': async (args) => ({ response: args }), ...more },
    session: () => ({ ...coreLimits, collationAlgorithms: collations }),
    account: () => ({}),
  };
}
