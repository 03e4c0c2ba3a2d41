"use strict";

// A request from this page is one from a browser: it carries the cookie, and Jupyter's token for it.
window.addEventListener("load", () => {
  const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/);
  SwaggerUIBundle({
    url: document.getElementById("api").dataset.href,
    dom_id: "#api",
    deepLinking: true,
    requestInterceptor: (request) => {
      if (xsrf) {
        request.headers["X-XSRFToken"] = decodeURIComponent(xsrf[1]);
      }
      return request;
    },
  });
});
