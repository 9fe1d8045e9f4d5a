// The definitions of SAL: which streams, fields and commands components have. They are large, and
// loaded once, by the first view that needs them.
//
// FOR AUTHORS OF VIEWS.
//   useDefinitions()   {data, error, reload}; data is undefined until they are there, and then
//                      {ATDome: {event_data, telemetry_data, command_data}, …}, each
//                      {stream: {field: {name, description, units, type_name, count, choices?}}}
//   topicOf(csc, category, stream)          the fields of a stream, or {} as long as nothing is known
//   fieldOf(csc, category, stream, field)   one of them, or undefined
//   choiceOf(definition, value)             the name of a value of an enumeration, or ''
//   knownUnit(unit)                         the unit as it is shown: '' for "unitless" and the like
import { signal, useEffect } from './html.js';
import { api } from './store.js';

const state = signal({ data: undefined, error: undefined });
let loading = null;

function loadDefinitions() {
  loading ??= api('salinfo/topic-data').then(
    (data) => { state.value = { data, error: undefined }; },
    (error) => {
      state.value = { ...state.peek(), error };
      loading = null;
    },
  );
  return loading;
}

export function useDefinitions() {
  useEffect(() => { if (!state.peek().data) loadDefinitions(); }, []);
  return { ...state.value, reload: loadDefinitions };
}

const own = (object, key) => (object !== null && typeof object === 'object' && Object.hasOwn(object, key) ? object[key] : undefined);

/** @param {"event"|"telemetry"|"command"} category */
export const topicOf = (csc, category, stream) => own(own(own(state.value.data, csc), `${category}_data`), stream) ?? {};

export const fieldOf = (csc, category, stream, field) => own(topicOf(csc, category, stream), field);

export function choiceOf(definition, value) {
  if (!definition?.choices) return '';
  return definition.choices.find((c) => c.number === value || String(c.number) === String(value))?.name ?? '';
}

export const knownUnit = (unit) => (typeof unit !== 'string' || ['', 'unitless', 'dimensionless'].includes(unit) ? '' : unit);
