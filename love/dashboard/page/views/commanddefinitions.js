// What can be commanded, by the definitions, and what of it the user may command.
import { computed } from '../html.js';
import { mayCommand, session } from '../store.js';
import { knownUnit, useDefinitions } from '../definitions.js';

export { knownUnit, useDefinitions };

const own = (object, key) => (object && Object.hasOwn(object, key) ? object[key] : undefined);

/** The commands of a component with their fields, or undefined if there is no definition. */
export const commandsIn = (data, csc) => own(data, csc)?.command_data;

/** The fields of a command that a person fills in, or undefined if there is no definition. */
export function fieldsOfCommand(data, csc, cmd) {
  const fields = own(commandsIn(data, csc), cmd.replace(/^cmd_/, ''));
  return fields && Object.values(fields).filter((f) => f.name !== 'salIndex');
}

/** The names of the commands of a component that the user may give. */
export function commandsOf(data, csc, salindex) {
  return Object.keys(commandsIn(data, csc) ?? {}).filter((cmd) => mayCommand(csc, salindex, cmd)).sort();
}

/** Whether a component has instances with numbers. */
export const isIndexed = (data, csc) => Object.values(commandsIn(data, csc) ?? {}).some((fields) => 'salIndex' in fields);

/** signal: whether the user may give every command, which authority and the observing log take. */
export const mayCommandAll = computed(() => session.value?.rights.every_command ?? false);
