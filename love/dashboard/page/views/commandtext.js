// Commands as texts.
import { formatValue } from '../ui.js';

/** @param {string} csc @param {number|string} salindex @returns {string} "MTHexapod:1", or "ATDome" */
export const instanceName = (csc, salindex) => (Number(salindex) > 0 ? `${csc}:${salindex}` : csc);

/** @param {string} name @returns {{csc: string, salindex: number}} */
export function readInstance(name) {
  const [csc, index = '0'] = name.split(/:(\d+)$/);
  return { csc, salindex: Number(index) };
}

/** The parameters of a command in one line: "azimuth=90, open=yes". */
export function paramsText(params) {
  if (params === null || typeof params !== 'object' || Array.isArray(params)) return params === undefined ? '' : formatValue(params);
  return Object.entries(params).map(([k, v]) => `${k}=${typeof v === 'string' ? JSON.stringify(v) : formatValue(v)}`).join(', ');
}
