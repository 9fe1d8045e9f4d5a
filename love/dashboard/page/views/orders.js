// Buttons that command: what a component refuses becomes an error, which the button shows.
import { client } from '../store.js';
import { toast } from '../ui.js';

/** Gives a command, and waits until the component has done it. */
export async function order(csc, salindex, cmd, params) {
  const { status, code, ack } = await client.command({ csc, salindex, cmd, params });
  if (status === 202) toast(`${csc} ${cmd}: ${ack}`, 'warning');
  else if (code !== undefined && code !== 303) throw new Error(`${csc} ${cmd}: ${ack}`);
}

/** A time of SAL, which is TAI in seconds, in milliseconds since 1970; NaN for none. */
export const fromTAI = (seconds) => (Number(seconds) > 0 ? (Number(seconds) + client.taiToUTC) * 1000 : NaN);
