// Every command by its name. The table in states.ts says where each is allowed.
import type { AnyCommand } from '../context.ts';
import type { CommandName } from '../states.ts';
import { append } from './append.ts';
import { authenticate } from './authenticate.ts';
import { compress } from './compress.ts';
import { create } from './create.ts';
import { deleteMailbox } from './delete.ts';
import { enable } from './enable.ts';
import { id } from './id.ts';
import { idle } from './idle.ts';
import { list } from './list.ts';
import { login } from './login.ts';
import { lsub } from './lsub.ts';
import { messageCommands } from './message-commands.ts';
import { namespace } from './namespace.ts';
import { getQuota, getQuotaRoot } from './quota.ts';
import { rename } from './rename.ts';
import { examine, select } from './select.ts';
import { capability, check, close, logout, noop, unselect } from './simple.ts';
import { startTls } from './starttls.ts';
import { status } from './status.ts';
import { subscribe, unsubscribe } from './subscribe.ts';

export const commandTable = {
  CAPABILITY: capability,
  NOOP: noop,
  LOGOUT: logout,
  ID: id,
  STARTTLS: startTls,
  AUTHENTICATE: authenticate,
  LOGIN: login,
  ENABLE: enable,
  SELECT: select,
  EXAMINE: examine,
  CREATE: create,
  DELETE: deleteMailbox,
  RENAME: rename,
  SUBSCRIBE: subscribe,
  UNSUBSCRIBE: unsubscribe,
  LIST: list,
  LSUB: lsub,
  NAMESPACE: namespace,
  STATUS: status,
  APPEND: append,
  IDLE: idle,
  COMPRESS: compress,
  GETQUOTA: getQuota,
  GETQUOTAROOT: getQuotaRoot,
  CHECK: check,
  CLOSE: close,
  UNSELECT: unselect,
  ...messageCommands,
} satisfies Record<CommandName, AnyCommand>;
