// What runs here, and how programs connect to it.
import { html } from '../html.js';
import { ErrorNote, Loading, Page, Panel, Time } from '../ui.js';
import { base, useAPI } from '../store.js';

const socket = () => {
  const url = new URL('manager/ws/subscription', base);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
};

export default function About() {
  const { data: info, error, reload } = useAPI('/page/info.json');
  return html`<${Page} title="About">
    <${ErrorNote} error=${error} retry=${reload} />
    ${!info && !error && html`<${Loading} />`}
    ${info && html`<${Runs} info=${info} />`}
    <${Panel} title="Where to connect"><dl class="facts">
      <dt>Websocket</dt><dd><code>${socket()}</code></dd>
      <dt>HTTP API</dt><dd><code>${new URL('manager/api/', base).href}</code></dd>
      <dt>Described in</dt><dd><a href=${new URL('/openapi.yaml', base).href}>openapi.yaml</a></dd>
      ${info?.monitored && html`<dt>For monitoring</dt><dd><a href="/healthz">healthz</a> · <a href="/readyz">readyz</a> · <a href="/metrics">metrics</a></dd>`}
    </dl>
    <p>Log in with <code>POST ${new URL('manager/api/get-token/', base).href}</code> and open the websocket with <code>?token=…</code>; a process opens it with <code>?password=…</code>.</p></>
    ${info && html`<${Terminal} info=${info} />`}
  </>`;
}

function Runs({ info }) {
  return html`<${Panel} title="What runs here"><ul>${info.runs.map((line) => html`<li>${line}</li>`)}</ul>
    <dl class="facts">
      ${info.version && html`<dt>Version</dt><dd>${info.version}</dd>`}
      ${info.started && html`<dt>Running since</dt><dd><${Time} at=${Date.parse(info.started)} date /> UTC</dd>`}
    </dl></>`;
}

function Terminal({ info }) {
  return html`<${Panel} title="From a terminal">
    <p>On this machine, beside a running demo, these work as they stand. Elsewhere add <code>--manager ${base.href.replace(/\/$/, '')}</code> and <code>--user</code> with your name.</p>
    <pre tabindex="0">${info.examples.map((e) => `${info.program} ${e}`).join('\n')}</pre></>`;
}
