'use strict';
const at = (id) => document.getElementById(id);
const say = (text) => { at('said').textContent = text; };
let csrfToken = '';

async function ask(method, path, body) {
  const headers = { 'X-CSRF-Token': csrfToken, ...(body && { 'Content-Type': 'application/json' }) };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const said = answer.status === 204 ? {} : await answer.json();
  if (answer.ok) return said;
  throw new Error(answer.status === 401 ? 'Sign in in this browser first, then come back.' : said.detail || said.title);
}

const path = () => `/v1/link/${encodeURIComponent(at('code').value.trim())}`;

async function look() {
  at('device').hidden = true;
  csrfToken = (await ask('GET', '/v1/auth/browser-session')).csrf_token;
  const device = await ask('GET', path());
  for (const [id, text] of [['kind', device.type], ['name', device.name], ['key', device.public_key]]) at(id).textContent = text;
  at('device').hidden = false;
  say('');
}

async function approve() {
  const device = await ask('POST', `${path()}/approve`, {});
  at('device').hidden = true;
  say(`Linked: ${device.name}. The device goes on by itself.`);
}

async function deny() {
  await ask('POST', `${path()}/deny`);
  at('device').hidden = true;
  say('The device was refused.');
}

for (const [id, act] of [['look', look], ['yes', approve], ['no', deny]]) {
  at(id).addEventListener('click', () => act().catch((error) => say(error.message)));
}
at('code').value = new URLSearchParams(location.search).get('code') || '';
if (at('code').value) look().catch((error) => say(error.message));
