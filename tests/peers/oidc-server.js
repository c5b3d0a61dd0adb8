// oidc-provider stands opposite our client, under the paths of Entra ID; behind it a gate that lets only its tokens through
// to the sandbox. use: node oidc-server.js SANDBOX_URL CERTIFICATE PORT_FILE
//   POST /_peer/uses?n=N  a token is good for N requests, then it is refused (0: without end)
//   GET /_peer/log        the sign-ins and refusals so far
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');

const [sandbox, certificate, portFile] = process.argv.slice(2);
const AUDIENCE = 'urn:example:deals';
const log = { grants: [], refused: 0, passed: 0, person: null };
const uses = new Map();
let most = 0;

function clients() {
  const key = new crypto.X509Certificate(fs.readFileSync(certificate)).publicKey.export({ format: 'jwk' });
  const base = { redirect_uris: [], response_types: [] };
  return [
    { ...base, client_id: 'app with a secret', client_secret: 'oidc+secret/1~&%41=~', grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post' },
    { ...base, client_id: 'app-with-a-key', grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'RS256', jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256' }] } },
    { ...base, client_id: 'app-for-people', application_type: 'native', token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] },
  ];
}

// A token must be signed by the provider, for this audience and in date: judged with jose, which is not ours either.
async function pass(jose, publicKey, issuer, req, res) {
  const token = (req.headers.authorization || '').replace(/^Bearer /, '');
  try {
    const { payload } = await jose.jwtVerify(token, publicKey, { audience: AUDIENCE, issuer });
    log.person = payload.sub;
    uses.set(token, (uses.get(token) || 0) + 1);
    if (most && uses.get(token) > most) throw new Error('used up');
  } catch (e) {
    log.refused += 1;
    res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' });
    res.end(JSON.stringify({ error: e.message }));
    return;
  }
  log.passed += 1;
  const headers = { ...req.headers, authorization: 'Bearer sandbox-token-dataverse' };
  const on = http.request(sandbox + req.url, { method: req.method, headers }, (answer) => {
    res.writeHead(answer.statusCode, answer.headers);
    answer.pipe(res);
  });
  on.on('error', () => { res.destroy(); });
  req.pipe(on);
}

async function main() {
  const { default: Provider } = await import(require.resolve('oidc-provider'));
  const jose = await import(require.resolve('jose'));
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = http.createServer();
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: clients(),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['not a secret: for one test'] },
    scopes: ['openid', 'offline_access', 'deals'],
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      resourceIndicators: { enabled: true, defaultResource: () => AUDIENCE, useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: 'deals', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }) },
    },
    routes: { token: '/contoso/oauth2/v2.0/token', device_authorization: '/contoso/oauth2/v2.0/devicecode' },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: 600, ClientCredentials: 600, DeviceCode: 120, RefreshToken: 86400, Grant: 86400, Interaction: 600, Session: 600 },
  });
  const ended = (ok) => (ctx, e) => log.grants.push({ type: ctx.oidc.params && ctx.oidc.params.grant_type, ok, error: e && e.error,
    detail: e && e.error_detail });
  provider.on('grant.success', ended(true));
  provider.on('grant.error', ended(false));
  provider.on('server_error', (_, e) => console.error(e));
  const answer = provider.callback();
  server.on('request', (req, res) => {
    const at = new URL(req.url, issuer);
    if (at.pathname === '/_peer/log') {
      res.end(JSON.stringify(log));
    } else if (at.pathname === '/_peer/uses') {
      most = Number(at.searchParams.get('n'));
      res.end();
    } else if (/^\/(contoso|device|interaction|jwks|\.well-known)/.test(at.pathname)) {
      answer(req, res);
    } else {
      pass(jose, publicKey, issuer, req, res).catch((e) => { console.error(e); res.destroy(); });
    }
  });
  fs.writeFileSync(`${portFile}.part`, String(server.address().port));
  fs.renameSync(`${portFile}.part`, portFile);
}

main().catch((e) => { console.error(e); process.exit(1); });
