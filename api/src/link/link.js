'use strict';
const at = (id) => document.getElementById(id);
const say = (text) => { at('said').textContent = text; };
let csrfToken = '';
// The device that somebody is looking at, and the code by which it was found. Nothing else is answered.
let shown = null;

async function ask(method, path, body) {
  const headers = { 'X-CSRF-Token': csrfToken, ...(body && { 'Content-Type': 'application/json' }) };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const said = answer.status === 204 ? {} : await answer.json();
  if (answer.ok) return said;
  throw new Error(answer.status === 401 ? 'Sign in in this browser first, then come back.' : said.detail || said.title);
}

const typed = () => at('code').value.trim();
const path = (code) => `/v1/link/${encodeURIComponent(code)}`;

function hide() {
  shown = null;
  at('device').hidden = true;
}

async function look() {
  hide();
  const code = typed();
  csrfToken = (await ask('GET', '/v1/auth/browser-session')).csrf_token;
  const device = await ask('GET', path(code));
  // Somebody went on typing: this is not what they ask for any more.
  if (typed() !== code) return;
  for (const [id, text] of [['kind', device.type], ['name', device.name], ['key', device.public_key]]) at(id).textContent = text;
  shown = { code, id: device.id };
  at('device').hidden = false;
  say('');
}

function looked() {
  const device = shown;
  hide();
  if (!device || typed() !== device.code) throw new Error('The code has changed. Look at the device first.');
  return device;
}

async function approve() {
  const { code, id } = looked();
  const device = await ask('POST', `${path(code)}/approve`, { link_id: id });
  say(`Linked: ${device.name}. The device goes on by itself.`);
}

async function deny() {
  await ask('POST', `${path(looked().code)}/deny`);
  say('The device was refused.');
}

for (const [id, act] of [['look', look], ['yes', approve], ['no', deny]]) {
  at(id).addEventListener('click', () => act().catch((error) => say(error.message)));
}
at('code').addEventListener('input', hide);
at('code').value = new URLSearchParams(location.search).get('code') || '';
if (typed()) look().catch((error) => say(error.message));
