"use strict";

// A browser's cookie is good with this token only; behind a hub also for what a script reads.
function token() {
  const found = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/);
  return found ? { "X-XSRFToken": decodeURIComponent(found[1]) } : {};
}

// A request as JSON with the session's cookie.
function ask(url, options = {}) {
  const headers = { Accept: "application/json", ...token(), ...options.headers };
  return fetch(url, { credentials: "same-origin", ...options, headers });
}
