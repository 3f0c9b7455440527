// The script of `/link` in a page that is made of a few objects: what is answered is what was looked at.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';

const script = await readFile(process.argv[2], 'utf8');
const devices = { 'WDJB-MJHT': { id: 'lnk_one', name: 'Scout' }, 'BCDF-GHJK': { id: 'lnk_two', name: 'Thief' } };

// A page that was just opened, and what it asks for.
function open(search) {
  const parts = {};
  const asked = [];
  const page = { asked, answers: [] };
  const part = (id) => (parts[id] ??= { value: '', hidden: id === 'device', textContent: '', on: {}, addEventListener(event, act) { this.on[event] = act; } });
  const body = (path) => {
    if (path === '/v1/auth/browser-session') return { csrf_token: 'c' };
    return devices[path.split('/')[3]];
  };
  const fetch = (path, { method, body: said }) => new Promise((resolve) => {
    asked.push([method, path, said && JSON.parse(said)]);
    const answer = () => resolve({ ok: true, status: 200, json: async () => body(path) });
    page.slow ? page.answers.push(answer) : answer();
  });
  vm.runInNewContext(script, { document: { getElementById: part }, location: { search }, fetch, URLSearchParams, encodeURIComponent, Error, JSON });
  page.part = part;
  page.settled = () => new Promise((resolve) => setImmediate(resolve));
  page.click = async (id) => { part(id).on.click(); await page.settled(); };
  page.types = (code) => { part('code').value = code; part('code').on.input?.(); };
  page.posts = () => asked.filter(([method]) => method === 'POST');
  return page;
}

// It answers what it shows, by its id.
let page = open('?code=WDJB-MJHT');
await page.settled();
assert.equal(page.part('name').textContent, 'Scout');
assert.equal(page.part('device').hidden, false);
await page.click('yes');
assert.deepEqual(page.posts(), [['POST', '/v1/link/WDJB-MJHT/approve', { link_id: 'lnk_one' }]]);

// Another code in the field: what was shown is not answered, and what is typed was not looked at.
for (const button of ['yes', 'no']) {
  page = open('?code=WDJB-MJHT');
  await page.settled();
  page.types('BCDF-GHJK');
  assert.equal(page.part('device').hidden, true);
  await page.click(button);
  assert.deepEqual(page.posts(), []);
  // Nor when the field was changed without a word, as extensions do.
  page = open('?code=WDJB-MJHT');
  await page.settled();
  page.part('code').value = 'BCDF-GHJK';
  await page.click(button);
  assert.deepEqual(page.posts(), []);
}

// An answer that comes late shows nothing that nobody asks for any more.
page = open('');
page.types('WDJB-MJHT');
page.slow = true;
page.part('look').on.click();
for (const typed of [undefined, 'BCDF-GHJK']) {
  if (typed) page.types(typed);
  page.answers.shift()();
  await page.settled();
}
assert.equal(page.part('device').hidden, true);
console.log('ok');
