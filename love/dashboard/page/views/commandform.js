// A form for one command, made from its definition: dry run, sending, progress, the answer.
import { html, useEffect, useId, useRef, useSignal } from '../html.js';
import { client, mayCommand, now } from '../store.js';
import { Button, Empty, ErrorNote, Field, Loading, formatAge, formatDuration, toast } from '../ui.js';
import { emptyOf, fieldOfRefusal, kindOf, rangeOf, readField } from '../fields.js';
import { commandsIn, commandsOf, fieldsOfCommand, knownUnit, useDefinitions } from './commanddefinitions.js';

/**
 * @param {object} props
 * @param {string} props.csc
 * @param {number} [props.salindex]  default 0
 * @param {string} [props.cmd]       without one the form has a choice of what the user may give
 * @param {(cmd: string) => void} [props.onCmd] is told the choice
 */
export function CommandForm({ csc, salindex = 0, cmd, onCmd }) {
  const { data, error, reload } = useDefinitions();
  const chosen = useSignal('');
  useEffect(() => { chosen.value = ''; }, [csc, salindex]);
  const name = (cmd || chosen.value).replace(/^cmd_/, '');
  if (!mayCommand(csc, salindex)) return html`<${Empty}>You may look at ${title(csc, salindex)}, not command it.</>`;
  if (!data && error) return html`<${ErrorNote} error=${error} retry=${reload} />`;
  if (!data) return html`<${Loading} text="Loading the definitions …" />`;
  if (!commandsIn(data, csc)) return html`<${Empty}>There is no definition of ${csc}, so there is no form for its commands.</>`;
  const choose = (e) => {
    chosen.value = e.target.value;
    onCmd?.(e.target.value);
  };
  return html`<div class="command-form">
    ${!cmd && html`<${Field} label="Command">${(p) => html`<select ...${p} name="command" value=${name} onChange=${choose}>
      <option value="">Choose …</option>${commandsOf(data, csc, salindex).map((c) => html`<option key=${c} value=${c}>${c}</option>`)}</select>`}</>`}
    ${name && html`<${Fields} key=${`${csc}:${salindex}:${name}`} csc=${csc} salindex=${salindex} cmd=${name} fields=${fieldsOfCommand(data, csc, name)} />`}
  </div>`;
}

/** A time that something took, in seconds: "0.04 s", "12.3 s", "3 min 5 s". */
export const formatTook = (s) => (s < 0.01 ? '< 0.01 s' : s < 60 ? `${s < 1 ? s.toFixed(2) : s.toFixed(1)} s` : formatDuration(s));

const title = (csc, salindex) => (Number(salindex) > 0 ? `${csc}:${salindex}` : csc);

function Fields({ csc, salindex, cmd, fields }) {
  const texts = useSignal({}); // what was typed, by field
  const errors = useSignal({});
  const fill = useSignal(false);
  const run = useSignal(null); // what is under way, or was
  const form = useRef(null);
  const fillHint = useId();
  const shown = useRef(true);
  useEffect(() => () => { shown.current = false; }, []);
  if (!fields) return html`<${Empty}>${title(csc, salindex)} has no command ${cmd}, by the definitions of this manager.</>`;
  if (!mayCommand(csc, salindex, cmd)) return html`<${Empty}>You may not give ${title(csc, salindex)} ${cmd}.</>`;

  const read = () => {
    const params = {};
    const wrong = {};
    for (const field of fields) {
      const { value, error, left } = readField(field, texts.value[field.name] ?? '', fill.value);
      if (error) wrong[field.name] = error;
      else if (!left) params[field.name] = value;
    }
    errors.value = wrong;
    if (Object.keys(wrong).length === 0) return params;
    run.value = null;
    // What is wrong is drawn first.
    requestAnimationFrame(() => form.current?.querySelector('[aria-invalid]')?.focus());
    return null;
  };

  const send = async (check) => {
    const params = read();
    if (!params) return;
    const stop = new AbortController();
    const started = client.now();
    run.value = { check, started, stop, done: null, progress: null };
    let done;
    try {
      done = outcome(await client.command({ csc, salindex, cmd, params }, {
        check, signal: stop.signal, onProgress: (progress) => { run.value = { ...run.value, progress: { ...progress, at: client.now() } }; },
      }), check);
    } catch (e) {
      done = failure(e, stop.signal.aborted);
    }
    done.took = client.now() - started;
    if (!shown.current) {
      if (!check) toast(`${title(csc, salindex)} ${cmd}: ${done.title}. ${done.text}`, done.level === 'note' ? 'note' : 'alarm');
      return;
    }
    const about = done.level === 'note' ? null : fieldOfRefusal(done.text, fields);
    if (about) errors.value = { [about.name]: about.text };
    run.value = { ...run.value, done };
  };

  const type = (name) => (e) => {
    texts.value = { ...texts.value, [name]: e.target.value };
    if (errors.value[name]) errors.value = { ...errors.value, [name]: undefined };
  };
  const numbers = fields.some((f) => f.type_name !== 'string');
  const busy = run.value !== null && run.value.done === null;
  return html`<form class="form" ref=${form} noValidate onSubmit=${(e) => { e.preventDefault(); if (!busy) send(false); }}
      aria-label=${`${title(csc, salindex)} ${cmd}`}>
    ${fields.length === 0 && html`<p class="soft">This command takes no values.</p>`}
    ${fields.length > 0 && html`<div class="command-fields">${fields.map((f) => html`<${Input} key=${f.name} field=${f} text=${texts.value[f.name] ?? ''}
      fill=${fill.value} error=${errors.value[f.name]} onInput=${type(f.name)} />`)}</div>`}
    ${numbers && html`<label class="check"><input type="checkbox" checked=${fill.value} aria-describedby=${fillHint}
      onChange=${(e) => { fill.value = e.target.checked; errors.value = {}; }} /><span>Send what is left empty as 0 or no
      <span class="hint" id=${fillHint}>Otherwise every value has to be given.</span></span></label>`}
    <div class="actions"><${Button} kind="primary" type="submit" busy=${busy && !run.value.check} disabled=${busy}>Send</>
      <${Button} onClick=${() => send(true)} disabled=${busy} title="Ask whether it would be sent; nothing is sent">Dry run</></div>
    <div aria-live="polite">${run.value && html`<${Outcome} run=${run.value} />`}</div>
  </form>`;
}

/** spoken reports whether a description says more than the name does. */
const spoken = ({ name, description = '' }) => description.replace(/\W/g, '').toLowerCase() !== name.replace(/\W/g, '').toLowerCase();

function Input({ field, text, fill, error, onInput }) {
  const kind = kindOf(field);
  const unit = knownUnit(field.units);
  const type = kind === 'list' ? `${field.count} × ${field.type_name}` : field.type_name;
  const hint = [spoken(field) && field.description, rangeOf(field) && `${type}, ${rangeOf(field)}.`,
    kind === 'list' && 'Commas between the values.'].filter(Boolean).join(' ');
  const placeholder = fill ? emptyOf(field) : kind === 'text' ? 'empty' : '';
  const attributes = (p) => ({ ...p, name: field.name, value: text, placeholder, onInput, autocomplete: 'off', spellcheck: false, 'aria-required': kind === 'text' || fill ? undefined : 'true' });
  return html`<${Field} label=${field.name} unit=${unit || (rangeOf(field) || kind === 'boolean' || kind === 'choice' ? '' : type)} hint=${hint || undefined} error=${error}>${(p) => {
    switch (kind) {
      case 'boolean': return html`<${Choice} p=${attributes(p)} fill=${fill} options=${[['no', 'no'], ['yes', 'yes']]} empty="no" />`;
      case 'choice': return html`<${Choice} p=${attributes(p)} fill=${fill} options=${field.choices.map((c) => [String(c.number), `${c.name} (${c.number})`])} empty="0" />`;
      case 'list': return html`<textarea ...${attributes(p)} rows=${field.count > 20 ? 3 : 1} />`;
      case 'text': return html`<${Text} p=${attributes(p)} />`;
      case 'integer': return html`<input ...${attributes(p)} inputmode=${(rangeOf(field)[0] === '0') ? 'numeric' : 'text'} class="figure" />`;
      case 'number': return html`<input ...${attributes(p)} class="figure" />`;
    }
    return html`<input ...${attributes(p)} placeholder="as JSON" />`;
  }}</>`;
}

function Choice({ p, options, fill, empty }) {
  const { value, placeholder, spellcheck, ...more } = p;
  return html`<select ...${more} value=${value}><option value="">${fill ? `left out: ${empty}` : 'Choose …'}</option>
    ${options.map(([v, text]) => html`<option key=${v} value=${v}>${text}</option>`)}</select>`;
}

/** A text grows with its lines: configurations have several. */
const Text = ({ p }) => html`<textarea ...${p} rows=${Math.min(12, p.value.split('\n').length)} onKeyDown=${(e) => {
  if (e.key !== 'Enter' || e.shiftKey || p.value.includes('\n')) return;
  e.preventDefault();
  e.target.form.requestSubmit();
}} title="Shift and Enter begin a new line" />`;

/** outcome says what an answer means. */
function outcome({ status, ack, code }, check) {
  if (check) return { level: 'note', title: 'In order', text: ack ?? '' };
  if (status === 202) return { level: 'note', title: 'Waits for approval', text: ack ?? '' };
  if (code === undefined || code === 303) return { level: 'note', title: 'Done', text: ack === 'Done' ? '' : ack ?? '' };
  return { level: 'alarm', title: 'The component refused or failed', text: ack ?? '' };
}

function failure(e, stopped) {
  if (stopped) return { level: 'warning', title: 'No longer waited for', text: 'The command goes on; its outcome comes into the record.' };
  // After these nobody knows whether it was executed: the manager's text says what is known.
  if ([0, 502, 504].includes(e.status)) return { level: 'warning', title: e.title, text: e.detail || 'Whether it was executed is unknown: see the record.' };
  return { level: 'alarm', title: e.title ?? 'Not sent', text: e.detail ?? e.message };
}

function Outcome({ run }) {
  const { done, progress, started, check } = run;
  if (!done) {
    const ends = progress?.timeout > 0 ? progress.at + progress.timeout * 1000 : 0;
    const t = Math.max(now.value, started);
    return html`<div class="note running"><strong>${check ? 'Asking …' : 'Under way'}</strong>
      ${!check && html`<span class="soft">${formatAge(t - started)}</span>`}
      ${progress && html`<span>${progress.name}${progress.result && `: ${progress.result}`}</span>`}
      ${ends > 0 && html`<progress max=${ends - started} value=${Math.min(t, ends) - started} aria-label="Progress" />
        <span class="soft">about ${formatDuration(Math.max(0, ends - t) / 1000)} left</span>`}
      ${!check && html`<${Button} kind="small" onClick=${() => run.stop.abort()} title="The command goes on">Stop waiting</>`}</div>`;
  }
  return html`<div class=${`note ${done.level}`} role=${done.level === 'alarm' ? 'alert' : undefined}><strong>${done.title}</strong><span>${done.text}</span>
    ${!check && done.took >= 1000 && html`<span class="soft">after ${formatTook(done.took / 1000)}</span>`}</div>`;
}
