// Signing in, for the pages of the examples. The cookie is the browser's: no script can read it.

/** Who has signed in on this browser; undefined for nobody. Throws when the server does not say. */
export async function whoAmI() {
  const response = await fetch('/session');
  if (response.status === 401) return undefined;
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return await response.json();
}

/** Throws an Error that says why not. */
export async function signIn(email, password) {
  return await post('/session', { email, password });
}

/** A token for programs, and for pages that keep no cookie. Throws an Error that says why not. */
export async function tokenFor(email, password) {
  return (await post('/token', { email, password })).token;
}

/** Ends the session of this browser, or that of a token. */
export async function signOut(token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await fetch('/session', { method: 'DELETE', headers });
}

/** Sends JSON, and gives the answer. Throws an Error with the server's reason. */
export async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => Promise.reject(new Error('The server cannot be reached.')));
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message ?? `The server answered ${response.status}.`);
  return answer;
}
