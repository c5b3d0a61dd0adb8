// A person with a browser: opens the address, types the code, signs in and agrees, or declines. use: node oidc-person.js
// ADDRESS CODE yes|no
'use strict';

const [address, code, decision] = process.argv.slice(2);
const cookies = new Map();

async function open(url, form) {
  const answer = await fetch(url, { method: form ? 'POST' : 'GET', redirect: 'manual', body: form,
    headers: { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') } });
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (value) cookies.set(name, value); else cookies.delete(name);
  }
  const next = answer.headers.get('location');
  if (next) return open(new URL(next, url).href);
  return { url, status: answer.status, text: await answer.text() };
}

async function main() {
  let page = await open(address);
  for (let steps = 0; steps < 10; steps += 1) {
    const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(page.text);
    if (!form) break;
    const fields = new URLSearchParams();
    for (const [tag] of form[2].matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag);
      const value = /value="([^"]*)"/.exec(tag);
      if (name) fields.set(name[1], value ? value[1] : '');
    }
    if (fields.has('user_code')) fields.set('user_code', code);
    if (fields.has('login')) fields.set('login', 'alix.martin@example.com');
    if (fields.has('password')) fields.set('password', 'of no account');
    if (/name="abort"/.test(page.text) && decision === 'no') { fields.delete('confirm'); fields.set('abort', 'yes'); }
    page = await open(new URL(form[1], page.url).href, fields);
  }
  if (page.status !== 200) throw new Error(`${page.url}: ${page.status}\n${page.text}`);
  console.log(/<h1>([^<]*)/.exec(page.text)?.[1] ?? page.text.slice(0, 200));
}

main().catch((e) => { console.error(e); process.exit(1); });
