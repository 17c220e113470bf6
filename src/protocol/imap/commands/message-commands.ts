// The commands that speak of letters in the selected mailbox, by name. Knows which file holds which.
import type { AnyCommand } from '../context.ts';
import type { CommandName } from '../states.ts';

export const messageCommands: Partial<Record<CommandName, AnyCommand>> = {};
